"""An authority and the servers that it vouches for, or does not."""

import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.certificate = folder / "ca.pem"
        self.key = folder / "ca.key"
        openssl("req", "-x509", *KEY, "-keyout", self.key, "-out", self.certificate, "-subj", "/CN=test authority",
                "-days", 2)

    def server(self, name, address="IP:127.0.0.1", days=2):
        """(certificate, key) of a server; days=-1: expired."""
        key, request, certificate = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={address}\n")
        openssl("req", *KEY, "-keyout", key, "-out", request, "-subj", "/CN=test server")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-days", days,
                "-extfile", extensions, "-out", certificate)
        return certificate, key

    def self_signed(self, name):
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        openssl("req", "-x509", *KEY, "-keyout", key, "-out", certificate, "-subj", "/CN=test server", "-days", 2,
                "-addext", "subjectAltName=IP:127.0.0.1")
        return certificate, key
