#!/usr/bin/env bash
# Other people's tools on the PDFs that `cargo test -p unbroken --test it pdf::` leaves: tests/clients/pdf.sh FOLDER
# veraPDF (PDF/A-3a and PDF/UA-1), qpdf, poppler (pdfsig, pdfdetach, pdftotext) and pyHanko. What is not there is left out, and a
# line says so. PYTHON names a Python that has pyHanko.
set -euo pipefail
files=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "pdf: $*" >&2; exit 1; }
has() { command -v "$1" >/dev/null || { echo "left out: $1 is not on the PATH; $2"; return 1; }; }

plain="report.pdf hostile.pdf long.pdf"
sealed="sealed.pdf"
[ ! -e "$files/stamped.pdf" ] || sealed="sealed.pdf stamped.pdf stamped-rsa.pdf"
for file in $plain $sealed; do [ -s "$files/$file" ] || fail "$file is missing: run the tests first"; done

# One byte of a word on the first page, far from the signature.
changed() {
    "$python" - "$1" "$2" <<'PYTHON'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[5000] ^= 1
open(sys.argv[2], "wb").write(data)
PYTHON
}

if has qpdf 'no other parser has read the PDFs'; then
    for file in $plain $sealed; do
        qpdf --check "$files/$file" >"$work/qpdf" 2>&1 || { cat "$work/qpdf"; fail "qpdf: $file"; }
    done
    echo "qpdf: $plain $sealed: no errors"
fi

if has pdfsig 'poppler has not judged the seals'; then
    for file in $sealed; do
        pdfsig -nocert "$files/$file" >"$work/sig"
        grep -q 'Signature is Valid' "$work/sig" || { cat "$work/sig"; fail "pdfsig: $file"; }
        grep -q 'Total document signed' "$work/sig" || fail "pdfsig: $file is not signed whole"
        changed "$files/$file" "$work/changed.pdf"
        pdfsig -nocert "$work/changed.pdf" >"$work/sig" 2>&1 || true
        grep -q 'Digest Mismatch' "$work/sig" || fail "pdfsig: one changed byte of $file went unseen"
    done
    echo "pdfsig: $sealed: valid, the whole document; invalid after one changed byte"
    pdfdetach -saveall -o "$work" "$files/sealed.pdf"
    printf '{"index":0}\n{"index":1}\n' | cmp - "$work/events.jsonl" || fail 'pdfdetach: events.jsonl'
    pdftotext -layout "$files/sealed.pdf" "$work/text"
    for words in 'Checks passed with 12 listed exceptions.' 'Zoë Łukasiewicz' 'Ευαγγελία Παπαδοπούλου' \
        'Юлія Їжакевич' '[U+674E][U+5C0F][U+9F99]' 'invoice[U+202E]fdp.exe' 'page 1 of'; do
        grep -qF "$words" "$work/text" || fail "pdftotext: $words"
    done
    echo 'poppler: the files inside and the words come out'
fi

if "$python" -c 'import pyhanko.cli' 2>/dev/null; then
    for file in $sealed; do
        trust=$files/${file%.pdf}.pem
        [ "$file" != sealed.pdf ] || trust=$files/seal.pem
        judge() { "$python" -m pyhanko sign validate --pretty-print --trust-replace --trust "$trust" "$1"; }
        judge "$files/$file" >"$work/judged" 2>&1 || { cat "$work/judged"; fail "pyHanko: $file"; }
        grep -q 'judged VALID' "$work/judged" || fail "pyHanko: $file"
        case $file in stamped*) grep -q 'timestamp token is cryptographically sound' "$work/judged" || fail "no time stamp in $file" ;; esac
        changed "$files/$file" "$work/changed.pdf"
        ! judge "$work/changed.pdf" >"$work/judged" 2>&1 || fail "pyHanko: one changed byte of $file went unseen"
    done
    echo "pyHanko: $sealed: valid, with the time stamp where there is one; invalid after one changed byte"
else
    echo "left out: $python has no pyHanko; nobody has judged the seals' chains and time stamps"
fi

if has java 'veraPDF has not judged the PDFs' && has javac 'veraPDF has not judged the PDFs' && has mvn 'veraPDF has not judged the PDFs'; then
    cp "$here/verapdf/pom.xml" "$here/verapdf/Judge.java" "$work"
    if (cd "$work" && mvn -q -B dependency:build-classpath -Dmdep.outputFile=path.txt >maven.log 2>&1); then
        path=$(cat "$work/path.txt"):$work
        javac -cp "$path" -d "$work" "$work/Judge.java"
        for file in report.pdf hostile.pdf $sealed; do
            java -cp "$path" Judge "$files/$file" 3a ua1 >"$work/vera" 2>&1 || { cat "$work/vera"; fail "veraPDF: $file"; }
            echo "veraPDF: $file: $(grep -E ' PASS ' "$work/vera" | tr '\n' ' ')"
        done
        # A check that cannot fail would be none: without its mark as tagged it is neither.
        sed 's/Marked true /Marked false/;s/Marked true/Marked null/' "$files/report.pdf" >"$work/untagged.pdf"
        ! java -cp "$path" Judge "$work/untagged.pdf" ua1 >/dev/null 2>&1 || fail 'veraPDF: an untagged PDF passed'
    else
        echo 'left out: veraPDF cannot be had from Maven here; nobody has judged PDF/A-3a and PDF/UA-1'
    fi
fi
