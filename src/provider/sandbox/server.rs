//! The HTTP side of the Sandbox: authentication, routing, and the faults that fates ask for.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::form_urlencoded;

use super::account;
use super::credentials::{ACCOUNT_SID, AUTH_TOKEN};
use super::drip::Drip;
use super::message_requests::{Outcome, Shared, create, handset, list, lock, one};
use super::responses::{self, Reply};

/// The size limit of a request body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// How long a slow response takes.
const SLOW: Duration = Duration::from_secs(3);

/// How long a dripping response takes.
const DRIPPING: Duration = Duration::from_secs(40);

/// How long the server stays silent before it cuts the connection.
const SILENCE: Duration = Duration::from_mins(5);

/// Accepts connections until it is aborted.
pub(super) async fn serve(listener: TcpListener, messages: Shared) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let messages = Arc::clone(&messages);
                    connections.spawn(async move {
                        let service = service_fn(move |request| respond(request, Arc::clone(&messages)));
                        // A client that goes away needs no response.
                        let _ = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await;
                    });
                }
                // Out of file descriptors, most likely: give other connections time to close.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Ends the connection without a response.
#[derive(Debug, thiserror::Error)]
#[error("cut")]
struct Cut;

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

async fn respond(
    request: Request<Incoming>,
    messages: Shared,
) -> Result<Response<Either<Full<Bytes>, Drip>>, Cut> {
    let mut drips = false;
    let reply = match route(request, &messages).await {
        Outcome::Reply(reply) => reply,
        Outcome::Dripping(reply) => {
            drips = true;
            reply
        }
        Outcome::Text(text) => return Ok(Response::new(Either::Left(Full::new(text.into())))),
        Outcome::Silence => {
            tokio::time::sleep(SILENCE).await;
            return Err(Cut);
        }
        Outcome::Late(reply) => {
            tokio::time::sleep(SLOW).await;
            reply
        }
        Outcome::Cut => return Err(Cut),
    };
    let text = if reply.body.is_null() { String::new() } else { reply.body.to_string() };
    let body = if drips {
        Either::Right(Drip::new(text, DRIPPING))
    } else {
        Either::Left(Full::new(text.into()))
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    if let Some(seconds) = reply.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    let id = format!("RQ{:032x}", lock(&messages).iter().count());
    if let Ok(id) = id.parse() {
        headers.insert("twilio-request-id", id);
    }
    Ok(response)
}

async fn route(request: Request<Incoming>, messages: &Shared) -> Outcome {
    let (head, body) = request.into_parts();
    if !is_loopback(&head.headers) {
        return Outcome::Reply(Reply::error(
            403,
            20403,
            "The Sandbox answers requests to this machine only",
        ));
    }
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return Outcome::Reply(Reply::error(413, 20422, "The request is too large"));
    };
    let body = body.to_bytes();
    let query: HashMap<String, String> = pairs(head.uri.query().unwrap_or_default().as_bytes());
    let path = head.uri.path().to_owned();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let reply = match (&head.method, segments.as_slice()) {
        (&Method::GET, ["sandbox", "messages"]) => {
            Reply::ok(lock(messages).iter().map(responses::summary).collect::<Vec<_>>().into())
        }
        (&Method::GET, ["sandbox", "handset", number]) => handset(messages, number),
        (&Method::POST, ["sandbox", "reset"]) => {
            lock(messages).reset();
            Reply::ok(json!({}))
        }
        (&Method::GET, ["v1", "Services"]) => {
            refuse(&head.headers, ACCOUNT_SID, &path).unwrap_or_else(account::services)
        }
        (_, ["2010-04-01", "Accounts", account, rest @ ..]) => {
            if let Some(refused) = refuse(&head.headers, account, &path) {
                return Outcome::Reply(refused);
            }
            match (&head.method, rest) {
                (&Method::POST, ["Messages.json"]) => return create(messages, &pairs(&body)),
                (&Method::GET, ["Messages.json"]) => list(messages, &query),
                (method, ["Messages", file]) => one(messages, method, file, &pairs(&body), &path),
                (&Method::GET, rest) => {
                    account::resource(rest).unwrap_or_else(|| Reply::not_found(&path))
                }
                _ => Reply::not_found(&path),
            }
        }
        _ => Reply::not_found(&path),
    };
    Outcome::Reply(reply)
}

/// Whether the request was meant for this machine; one from a web page whose host name points here
/// was not.
fn is_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => return rest.starts_with("::1]"),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name == "localhost" || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Checks the credentials, as Twilio does: HTTP Basic with the account's SID and token. Returns the
/// error, if any.
fn refuse(headers: &HeaderMap, account: &str, path: &str) -> Option<Reply> {
    let expected = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT_SID}:{AUTH_TOKEN}")));
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given != Some(&expected) {
        return Some(Reply::error(401, 20003, "Authenticate"));
    }
    (account.trim_end_matches(".json") != ACCOUNT_SID).then(|| Reply::not_found(path))
}

fn pairs(form: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(form).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_to_this_machine_are_allowed() {
        let host = |name: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, name.parse().unwrap());
            is_loopback(&headers)
        };
        assert!(host("127.0.0.1:4010") && host("localhost") && host("[::1]:4010"));
        assert!(!host("example.com") && !host("127.0.0.1.example.com:80") && !host("192.0.2.1"));
        assert!(!is_loopback(&HeaderMap::new()));
    }
}
