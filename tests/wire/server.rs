//! The loopback server, as a process of its own, and what it recorded.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde::Deserialize;
use serde_json::Value;

/// A request as the server saw it.
#[derive(Debug, Deserialize)]
pub(crate) struct Recorded {
    /// `METHOD path?query`.
    pub(crate) line: String,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    /// JSON; of a multipart body an object with its fields.
    pub(crate) body: Value,
}

impl Recorded {
    /// A header's value, empty when it is not sent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// A running server; it ends with this value.
pub(crate) struct Server {
    child: Child,
    port: u16,
    secure_port: u16,
}

impl Server {
    /// `certificate` is a PEM file with a certificate for 127.0.0.1 and its key.
    pub(crate) fn start(certificate: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/server.py");
        let mut child = Command::new("python3")
            .arg(script)
            .arg(certificate)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs the server");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut port = || lines.next().unwrap().unwrap().parse().expect("the server prints its ports");
        Self { port: port(), secure_port: port(), child }
    }

    /// The address without TLS.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The address with TLS.
    pub(crate) fn secure_endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.secure_port)
    }

    /// The requests since the last call, in order.
    pub(crate) fn take(&self) -> Vec<Recorded> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "DELETE /recorded HTTP/1.1\r\nhost: loopback\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").expect("the server answers");
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
