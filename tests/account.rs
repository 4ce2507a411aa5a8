//! The account behind the credentials: asked without sending, from the command line and in the
//! console, over plain HTTP to the Sandbox, over TLS, and through a proxy.

mod support;

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use smsdeck::config::{Config, load, render};
use smsdeck::domain::country::Country;
use smsdeck::domain::environment::Environment;
use smsdeck::domain::provider::{BaseUrl, Provider};
use smsdeck::domain::secret::{Secret, SecretSource};
use smsdeck::engine::{self, AccountQuery, Operator};
use smsdeck::provider::Sandbox;
use smsdeck::provider::sandbox::{ACCOUNT_SID, AUTH_TOKEN};
use smsdeck::runtime::Runtime;
use smsdeck::tui::effect::{FileEffect, Work};
use smsdeck::tui::executor::Executor;
use smsdeck::tui::question::Ticket;
use support::deck::{Deck, config_for};
use support::terminal::Terminal;
use support::wire::{Refusal, Wire, read_request, response, write_response};

/// What `config check --online` says of Development, on a server that answers like this.
fn online(deck: &Deck) -> Value {
    let ran = deck.run(&["config", "check", "--online", "--env", "dev", "--json"]);
    let answer = ran.json().pop().unwrap_or_else(|| panic!("nothing said: {}", ran.err()));
    assert_eq!(ran.code() == 0, answer["online"] == "ok", "{answer}");
    answer
}

fn online_with(answers: &[(&str, &str)]) -> Value {
    let answers = answers.iter().map(|(status, body)| response(status, "", body)).collect();
    let wire = Wire::answering(answers);
    let deck = Deck::new();
    deck.configure_for(&wire.url);
    online(&deck)
}

/// The response to credentials that may read messages.
const LIST: (&str, &str) = ("200 OK", r#"{"messages":[]}"#);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_working_account_reports_its_status_and_balance() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    deck.configure_for(sandbox.base_url());
    let answer = online(&deck);
    assert_eq!((&answer["status"], &answer["balance"]), (&"active".into(), &"100.00 USD".into()));
    let text = deck.run(&["config", "check", "--online", "--env", "dev"]).out();
    assert!(text.contains("credentials accepted. Account active, balance 100.00 USD."), "{text}");
    assert!(!text.contains(AUTH_TOKEN));
}

#[test]
fn fields_that_a_key_may_not_read_are_reported_as_null() {
    let forbidden = ("403 Forbidden", r#"{"code":20403,"message":"no","status":403}"#);
    let answer = online_with(&[LIST, forbidden]);
    assert_eq!(answer["online"], "ok");
    assert_eq!((&answer["status"], &answer["balance"]), (&Value::Null, &Value::Null));
}

#[test]
fn every_kind_of_refusal_has_its_own_code() {
    for (answers, code) in [
        (
            &[("401 Unauthorized", r#"{"code":20003,"message":"Authenticate"}"#)][..],
            "wrong_credentials",
        ),
        (&[LIST, ("200 OK", r#"{"status":"suspended","auth_token":"x"}"#)], "inactive_account"),
        (&[("403 Forbidden", r#"{"code":20005,"message":"not active"}"#)], "inactive_account"),
        (&[("403 Forbidden", r#"{"code":20008,"message":"test"}"#)], "test_credentials"),
        (&[("403 Forbidden", r#"{"code":20403,"message":"no"}"#)], "forbidden"),
        (&[("404 Not Found", "<html>nothing here</html>")], "wrong_host"),
        (&[("200 OK", "<html>welcome</html>")], "wrong_host"),
        (&[("301 Moved Permanently", "")], "wrong_host"),
        (&[("429 Too Many Requests", "")], "later"),
        (&[("503 Service Unavailable", "")], "later"),
    ] {
        assert_eq!(online_with(answers)["online"], code, "{answers:?}");
    }
}

#[test]
fn a_missing_network_is_not_reported_as_wrong_credentials() {
    let nobody = Refusal::new();
    for url in [nobody.url(), "https://sms.invalid".to_owned()] {
        let deck = Deck::new();
        deck.configure_for(&BaseUrl::parse(&url).unwrap());
        assert_eq!(online(&deck)["online"], "no_network", "{url}");
    }
}

/// A certificate authority and a server that it vouches for, on `localhost`.
fn tls_server(ca_file: &Path, answer: String) -> BaseUrl {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = rcgen::Issuer::new(authority.clone(), &authority_key);
    let authority = authority.self_signed(&authority_key).unwrap();
    std::fs::write(ca_file, authority.pem()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&key, &issuer).unwrap();

    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let chain = vec![CertificateDer::from(server.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let tls = rustls::ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let tls = Arc::new(tls);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(Arc::clone(&tls)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            // A client that trusts nobody here ends in the middle of the handshake.
            if !read_request(&mut stream).is_empty() {
                write_response(&mut stream, &answer);
                stream.conn.send_close_notify();
                let _ = stream.conn.complete_io(&mut stream.sock);
            }
        }
    });
    BaseUrl::parse(&format!("https://localhost:{port}")).unwrap()
}

#[test]
fn a_certificate_is_trusted_once_the_config_names_its_authority() {
    let deck = Deck::new();
    let url = tls_server(&deck.path("ca.pem"), response(LIST.0, "", LIST.1));
    let mut config = config_for(&url);
    deck.configure(&render(&config));
    let refused = online(&deck);
    assert_eq!(refused["online"], "tls", "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("deck.extra_ca"), "{refused}");

    config.deck.extra_ca = Some("../../ca.pem".into());
    deck.configure(&render(&config));
    assert_eq!(online(&deck)["online"], "ok");

    config.deck.extra_ca = Some("nowhere.pem".into());
    deck.configure(&render(&config));
    let unusable = online(&deck);
    assert_eq!(unusable["online"], "not_ready");
    assert!(unusable["message"].as_str().unwrap().contains("nowhere.pem"), "{unusable}");
}

#[test]
fn the_environments_proxy_is_used_except_for_no_proxy_hosts() {
    let proxy = Wire::answering(vec![response("403 Forbidden", "", "")]);
    let deck = Deck::new();
    let url = tls_server(&deck.path("ca.pem"), response(LIST.0, "", LIST.1));
    let mut config = config_for(&url);
    config.deck.extra_ca = Some("../../ca.pem".into());
    deck.configure(&render(&config));
    let ask = |no_proxy: &str| {
        let mut command = deck.command(&["config", "check", "--online", "--env", "dev"]);
        command.env("HTTPS_PROXY", proxy.url.as_str()).env("NO_PROXY", no_proxy);
        command.output().unwrap().status.code().unwrap()
    };
    assert_eq!(ask("example.com"), 1);
    let asked = proxy.requests();
    assert!(asked[0].starts_with("CONNECT localhost:"), "{asked:?}");
    assert!(!asked[0].to_lowercase().contains("authorization: basic"), "{asked:?}");
    assert_eq!(ask("localhost"), 0);
    assert_eq!(proxy.requests().len(), 1);
}

/// The account of Development, with a token that is not stored.
fn query(url: &BaseUrl, token: &str) -> AccountQuery {
    let provider = config_for(url).environments.development.provider;
    let token = Some(Secret::parse(token).unwrap());
    AccountQuery { environment: Environment::Development, provider, token }
}

#[tokio::test]
async fn a_token_can_be_tried_before_it_is_stored() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let config = Config::built_in();
    let right = query(sandbox.base_url(), AUTH_TOKEN);
    let here = engine::Deck::new(deck.paths(), Runtime::of_this_machine());
    assert!(here.check_account(&config, right).await.is_ok());
    let wrong = query(sandbox.base_url(), "00000000000000000000000000000000");
    let problem = here.check_account(&config, wrong).await.unwrap_err();
    assert!(problem.is_refusal() && problem.code() == "wrong_credentials", "{problem}");
    assert!(!deck.paths().secrets.exists());
}

#[tokio::test]
async fn importing_offers_only_senders_that_can_send_sms() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let query = query(sandbox.base_url(), AUTH_TOKEN);
    let here = engine::Deck::new(deck.paths(), Runtime::of_this_machine());
    let offered = here.offered_senders(&Config::built_in(), query, |_| ()).await.unwrap();
    assert!(offered.failures.is_empty(), "{:?}", offered.failures);
    let offered: Vec<_> = offered
        .senders
        .iter()
        .map(|offer| (offer.sender.to_string(), offer.country().map(Country::code)))
        .collect();
    let expected = [
        ("+1 500 555 0006", Some("US")),
        ("+57 300 5550106", Some("CO")),
        ("72404", None),
        ("MG5a4d…0001", None),
    ];
    assert_eq!(offered, expected.map(|(sender, country)| (sender.to_owned(), country)));
}

#[tokio::test]
async fn what_an_account_does_not_list_is_named() {
    let number = r#"{"phone_number":"+15005550006","capabilities":{"sms":true}}"#;
    let numbers = format!(r#"{{"incoming_phone_numbers":[{number}]}}"#);
    let endless =
        r#"{"short_codes":[{"short_code":"72404"}],"next_page_uri":"https://elsewhere.example/"}"#;
    let wire = Wire::answering(vec![
        response("200 OK", "", &numbers),
        response("200 OK", "", endless),
        response("403 Forbidden", "", r#"{"code":20003,"message":"Authenticate"}"#),
    ]);
    let deck = Deck::new();
    let config = Config::built_in();
    let here = engine::Deck::new(deck.paths(), Runtime::of_this_machine());
    let query = query(&wire.url, AUTH_TOKEN);
    let offered = here.offered_senders(&config, query, |_| ()).await.unwrap();
    assert_eq!(offered.senders.len(), 2);
    let [codes, services] = offered.failures.as_slice() else { panic!("{:?}", offered.failures) };
    assert!(codes.contains("first 1 short codes"), "{codes}");
    assert!(services.contains("Messaging Services could not be read"), "{services}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_tests_an_account_rejects_a_wrong_token_and_imports_a_number() {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let mut config = config_for(sandbox.base_url());
    if let Provider::Twilio(account) = &mut config.environments.development.provider {
        account.auth_token = Some(SecretSource::Stored);
    }
    deck.configure(&render(&config));
    let terminal = Terminal::start(&deck, &[]);
    terminal.wait_for("No recent requests");
    terminal.go_to("Auth token");
    terminal.type_text("00000000000000000000000000000000\x14");
    terminal.wait_for("wrong credentials");
    terminal.type_text("\x13");
    terminal.wait_for("Not saved: Development: wrong credentials");
    assert!(!std::fs::read_to_string(deck.paths().secrets).unwrap().contains("0000000"));

    terminal.type_text(&"\x7f".repeat(32));
    terminal.type_text(AUTH_TOKEN);
    terminal.type_text("\x14");
    terminal.wait_for("credentials accepted. Account active, balance 100.00 USD");
    terminal.type_text("\ti");
    terminal.wait_for("MG5a4d…0001");
    terminal.type_text("\x1b[B\r");
    terminal.wait_for("New From number");
    terminal.type_text("\r");
    terminal.wait_gone("New From number");
    terminal.type_text("\x1b");
    terminal.wait_for("2 countries mapped");
    terminal.type_text("\x13");
    terminal.wait_for("Saved Development.");
    let saved = load(&deck.paths().config).unwrap().unwrap().environments.development;
    let senders: Vec<_> =
        saved.from_numbers.rows().iter().map(|row| row.sender.as_str().to_owned()).collect();
    assert_eq!(senders, ["+15005550006", "+573005550106"]);
    let audit = deck.run(&["audit", "list"]).out();
    assert!(audit.contains("Not saved: Development: wrong credentials"), "{audit}");
    assert!(audit.contains(ACCOUNT_SID) || audit.contains("Auth token"), "{audit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_a_list_of_senders_closes_its_connection() {
    // A server that takes the question and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let deck = Deck::new();
    let provider = config_for(&url).environments.development.provider;
    let token = Some(Secret::parse(AUTH_TOKEN).unwrap());
    let environment = Environment::Development;
    let query = Box::new(AccountQuery { environment, provider, token });
    let operator = Operator::from("a test".to_owned());
    let (heard, mut said) = tokio::sync::mpsc::channel(8);
    let executor = Executor::new(deck.paths(), Runtime::of_this_machine(), operator, heard);
    let ticket = Ticket::default().next();
    executor.run_on_files(FileEffect::ListSenders { ticket, query });
    let (mut line, _) = listener.accept().unwrap();
    read_request(&mut line);
    executor.stop(Work::Asked(ticket));
    // The other end closes: nobody waits for the answer any more, and none is reported.
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut line, &mut rest).unwrap();
    assert!(said.try_recv().is_err(), "something came of it");
}
