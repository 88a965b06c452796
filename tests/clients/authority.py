"""A time-stamping authority for tests, over HTTP: authority.py FOLDER. Makes its keys, writes roots.pem and url, answers by `openssl ts`."""
import http.server, os, subprocess, sys

os.chdir(sys.argv[1])
CONFIG = """[ req ]
distinguished_name = name
prompt = no
[ name ]
CN = Test root
[ ca ]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[ tsa ]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ tsa_config ]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def openssl(words):
    subprocess.run(["openssl", *words.split()], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


with open("conf", "w") as file:
    file.write(CONFIG)
with open("serial", "w") as file:
    file.write("01\n")
for name in ("ca", "tsa"):
    openssl(f"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key")
openssl("req -new -x509 -config conf -key ca.key -days 400 -extensions ca -out roots.pem")
openssl("req -new -config conf -key tsa.key -subj /CN=Authority -out tsa.csr")
openssl("x509 -req -in tsa.csr -CA roots.pem -CAkey ca.key -CAcreateserial -days 300 -extfile conf -extensions tsa -out tsa.pem")


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open("query", "wb") as file:
            file.write(self.rfile.read(int(self.headers["Content-Length"])))
        openssl("ts -reply -config conf -section tsa_config -queryfile query -signer tsa.pem -inkey tsa.key -out reply")
        with open("reply", "rb") as file:
            body = file.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
with open("url.new", "w") as file:
    file.write(f"http://127.0.0.1:{server.server_port}/")
os.rename("url.new", "url")
server.serve_forever()
