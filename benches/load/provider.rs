//! A Twilio-compatible server as fast as one can be: it reads a request, and writes a fixed response
//! with a new SID. It runs in a process of its own, so that its time is not the engine's.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use smsdeck::domain::provider::BaseUrl;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The argument that makes the program this server.
pub const AS_PROVIDER: &str = "--as-provider";

static SIDS: AtomicU64 = AtomicU64::new(1);

/// The server in its process, which ends with this.
pub struct Provider {
    process: Child,
    pub url: BaseUrl,
}

impl Provider {
    pub fn start() -> Self {
        let this = std::env::current_exe().expect("the path of this program");
        let mut process = Command::new(this)
            .arg(AS_PROVIDER)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the provider starts");
        let mut url = String::new();
        let output = process.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut url).expect("it prints its address");
        Self { process, url: BaseUrl::parse(url.trim()).expect("a base URL") }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until the process is ended.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("http://{}", listener.local_addr().expect("its address"));
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(respond(stream));
        }
    });
}

/// Responds to one request after the other on a connection, until it ends.
async fn respond(mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut read = Vec::with_capacity(4096);
    loop {
        let Some(end) = request_end(&read) else {
            match stream.read_buf(&mut read).await {
                Ok(1..) => continue,
                _ => return,
            }
        };
        let request = Request::of(&read[..end]);
        read.drain(..end);
        let (status, body) = match request {
            Request::Create => {
                let sid = SIDS.fetch_add(1, Ordering::Relaxed);
                ("201 Created", message(sid, "queued"))
            }
            Request::Fetch => ("200 OK", message(0, "delivered")),
            Request::List(first) => ("200 OK", page(first)),
        };
        let response = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// What is asked.
enum Request {
    Create,
    Fetch,
    /// The messages from the one with this place on, the newest being the first.
    List(u64),
}

impl Request {
    fn of(request: &[u8]) -> Self {
        let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let first = || line.split_once("After=")?.1.split(' ').next()?.parse().ok();
        if line.starts_with("POST") {
            Self::Create
        } else if line.contains("Messages.json") {
            Self::List(first().unwrap_or(0))
        } else {
            Self::Fetch
        }
    }
}

fn message(sid: u64, status: &str) -> String {
    format!(
        r#"{{"sid":"SM{sid:032x}","status":"{status}","error_code":null,"error_message":null}}"#
    )
}

/// Messages on a page.
const PAGE: u64 = 1_000;

/// A page of the list of all messages, each of which was delivered.
fn page(first: u64) -> String {
    let newest = SIDS.load(Ordering::Relaxed).saturating_sub(first);
    let oldest = newest.saturating_sub(PAGE).max(1);
    let messages: Vec<String> =
        (oldest..newest).rev().map(|sid| message(sid, "delivered")).collect();
    let next = if oldest > 1 {
        format!(r#""/2010-04-01/Accounts/AC/Messages.json?After={}""#, first + PAGE)
    } else {
        "null".to_owned()
    };
    format!(r#"{{"messages":[{}],"next_page_uri":{next}}}"#, messages.join(","))
}

/// Where the first request ends, once all of it has come.
fn request_end(read: &[u8]) -> Option<usize> {
    let head = read.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&read[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let end = head + length.unwrap_or(0);
    (read.len() >= end).then_some(end)
}
