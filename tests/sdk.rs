//! Twilio's official SDKs against the Sandbox. They must be installed first, so these tests are
//! not part of the usual run: `cargo test --test sdk -- --ignored`.

use std::process::Command;

use smsdeck::provider::Sandbox;

async fn run(program: &str, script: &str) {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let script = format!("{}/tests/sdk/{script}", env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(program);
    command.args([&script, sandbox.base_url().as_str()]);
    let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let words = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs pip install twilio"]
async fn the_python_sdk_works_with_the_sandbox() {
    run("python3", "twilio_python.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs npm install twilio"]
async fn the_node_sdk_works_with_the_sandbox() {
    run("node", "twilio_node.cjs").await;
}
