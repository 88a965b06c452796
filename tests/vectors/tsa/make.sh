#!/usr/bin/env bash
# Makes the time-stamp tokens of verifier/tests/anchors.rs over note-10, the cosigned checkpoint of the worked example
# (docs/ledger-format.md section 13): tests/vectors/tsa/make.sh. Frozen; made again, they hold the same but for their bytes.
set -euo pipefail
out="$(cd "$(dirname "$0")" && pwd)"
cd "$(mktemp -d)"
cat >conf <<'END'
[ req ]
distinguished_name = dn
prompt = no
[ dn ]
CN = unset
[ ca ]
basicConstraints = critical, CA:true
[ tsa ]
basicConstraints = CA:false
extendedKeyUsage = critical, timeStamping
[ lax ]
basicConstraints = CA:false
extendedKeyUsage = timeStamping
[ broad ]
basicConstraints = CA:false
extendedKeyUsage = critical, timeStamping, serverAuth
[ tsa_config ]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
END
echo 01 >serial
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }
root() { # NAME SUBJECT
    key "$1"
    openssl req -new -x509 -config conf -key "$1.key" -subj "/CN=$2" -days 7000 -extensions ca -out "$1.pem"
}
signer() { # NAME ROOT EXTENSIONS FROM TO
    key "$1"
    openssl req -new -config conf -key "$1.key" -subj '/CN=Test authority' -out "$1.csr"
    printf '[ca]\ndefault_ca=own\n[own]\nserial=issued\ndatabase=index.txt\nnew_certs_dir=.\ncertificate=%s.pem\nprivate_key=%s.key\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n' "$2" "$2" >ca.conf
    : >index.txt
    echo 1000 >issued
    openssl ca -batch -config ca.conf -extfile conf -extensions "$3" -in "$1.csr" -out "$1.pem" \
        -startdate "$4" -enddate "$5" -notext 2>/dev/null
}
# What openssl's own authority refuses to sign with: the statement of good.token, signed again.
again() { # SIGNER TOKEN [-cades]
    openssl cms -sign -binary -nodetach -in info -outform DER -md sha256 -econtent_type 1.2.840.113549.1.9.16.1.4 \
        -signer "$1.pem" -inkey "$1.key" ${3:-} -out "$out/$2.token"
}
root ours 'Test root'
cp ours.pem "$out/roots.pem"
signer good ours tsa 20200101000000Z 20400101000000Z
openssl ts -query -data "$out/note-10" -sha256 -cert -out query 2>/dev/null
openssl ts -reply -config conf -section tsa_config -queryfile query -signer good.pem -inkey good.key \
    -token_out -out "$out/good.token" 2>/dev/null
openssl cms -verify -noverify -inform DER -in "$out/good.token" -out info 2>/dev/null
root foreign 'Foreign root'
root namesake 'Test root'
signer expired ours tsa 20200101000000Z 20210101000000Z
signer early ours tsa 20390101000000Z 20400101000000Z
signer lax ours lax 20200101000000Z 20400101000000Z
signer broad ours broad 20200101000000Z 20400101000000Z
signer foreign-tsa foreign tsa 20200101000000Z 20400101000000Z
signer namesake-tsa namesake tsa 20200101000000Z 20400101000000Z
for name in expired early lax broad; do again "$name" "$name" -cades; done
again foreign-tsa foreign -cades
again namesake-tsa namesake -cades
again good without-certificate
