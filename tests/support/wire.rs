//! A server that returns any response that a test wants, byte for byte, and keeps the requests.

use std::io::{Read, Write};
use std::net::TcpListener;

use smsdeck::domain::provider::BaseUrl;
use tokio::net::TcpSocket;
use tokio::sync::watch;

/// A server on loopback that gives one answer after another, the last one again and again. Each
/// connection carries one request.
pub struct Wire {
    pub url: BaseUrl,
    requests: watch::Sender<Vec<String>>,
}

impl Wire {
    /// Answers are whole HTTP responses; an empty one cuts the connection.
    pub fn answering(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = watch::Sender::new(Vec::new());
        let seen = requests.clone();
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let request = read_request(&mut stream);
                seen.send_modify(|requests| requests.push(request));
                write_response(&mut stream, &answers[count.min(answers.len() - 1)]);
            }
        });
        Self { url: BaseUrl::parse(&url).unwrap(), requests }
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.borrow().clone()
    }

    /// Waits until so many requests have come.
    pub async fn wait_for_requests(&self, count: usize) {
        let mut requests = self.requests.subscribe();
        requests.wait_for(|requests| requests.len() >= count).await.unwrap();
    }
}

/// An address on loopback that refuses every connection while this lives: the port is taken, and
/// nobody listens there.
pub struct Refusal(TcpSocket);

impl Refusal {
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        Self(socket)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }
}

/// A whole response that ends with its connection.
pub fn response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Sends an answer; a client that has lost patience is no concern of the server.
pub fn write_response(stream: &mut impl Write, answer: &str) {
    let _ = stream.write_all(answer.as_bytes());
}

/// Reads one request, headers and body.
pub fn read_request(stream: &mut impl Read) -> String {
    let mut request = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut bytes) {
            Ok(count) if count > 0 => request.extend_from_slice(&bytes[..count]),
            _ => return text,
        }
    }
}
