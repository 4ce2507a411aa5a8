//! Who runs this process: as the system knows them, and apart from that what only the environment
//! says, which anyone can set as they like.

use crate::files;

/// What is known of the person behind a process.
#[derive(Debug, Clone, Default)]
struct Facts {
    /// The real user id, and the name that the system has for it.
    user: (u32, Option<String>),
    /// The user id that the login session began with (loginuid in proc(5)), and its name.
    login: Option<(u32, Option<String>)>,
    /// `$SUDO_USER`, or `$SUDO_UID`.
    sudo: Option<String>,
    /// `$USER` or `$LOGNAME`.
    named: Option<String>,
    /// The address in `$SSH_CONNECTION`.
    ssh: Option<String>,
}

/// Says who runs this process; `variable` reads an environment variable.
pub fn person(variable: impl Fn(&str) -> Option<String>) -> String {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let uid = rustix::process::getuid().as_raw();
    let login = files::read("/proc/self/loginuid".as_ref(), 64).ok();
    let login = login.and_then(|text| String::from_utf8_lossy(&text).trim().parse::<u32>().ok());
    // A process that no login began has the largest number.
    let login = login.filter(|login| *login != u32::MAX && *login != uid);
    // `SSH_CONNECTION` begins with the address of the other end (sshd(8)).
    let ssh = set("SSH_CONNECTION").map(|it| it.split(' ').next().unwrap_or_default().to_owned());
    words(&Facts {
        user: (uid, files::user_name(uid)),
        login: login.map(|login| (login, files::user_name(login))),
        sudo: set("SUDO_USER").or_else(|| set("SUDO_UID").map(|uid| format!("uid {uid}"))),
        named: set("USER").or_else(|| set("LOGNAME")),
        ssh,
    })
}

/// `root (uid 0, logged in as ana, environment says ssh from 10.0.0.7)`
fn words(facts: &Facts) -> String {
    let Facts { user: (uid, name), login, sudo, named, ssh } = facts;
    let name_of =
        |uid: u32, name: &Option<String>| name.clone().unwrap_or_else(|| format!("uid {uid}"));
    let mut known = Vec::new();
    if name.is_some() {
        known.push(format!("uid {uid}"));
    }
    if let Some((uid, name)) = login {
        known.push(format!("logged in as {}", name_of(*uid, name)));
    }
    let mut claimed = Vec::new();
    claimed.extend(sudo.iter().map(|user| format!("sudo by {user}")));
    let other = named.iter().filter(|named| Some(*named) != name.as_ref());
    claimed.extend(other.map(|named| format!("user {named}")));
    claimed.extend(ssh.iter().map(|address| format!("ssh from {address}")));
    if !claimed.is_empty() {
        known.push(format!("environment says {}", claimed.join(", ")));
    }
    let person = name_of(*uid, name);
    if known.is_empty() { person } else { format!("{person} ({})", known.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_environment_says_is_told_apart() {
        let ana = Facts {
            user: (1000, Some("ana".into())),
            named: Some("ana".into()),
            ..Facts::default()
        };
        assert_eq!(words(&ana), "ana (uid 1000)");
        let pretends =
            Facts { named: Some("root".into()), sudo: Some("bob".into()), ..ana.clone() };
        assert_eq!(words(&pretends), "ana (uid 1000, environment says sudo by bob, user root)");
        let over_ssh = Facts { ssh: Some("10.0.0.7".into()), ..ana };
        assert_eq!(words(&over_ssh), "ana (uid 1000, environment says ssh from 10.0.0.7)");
    }

    #[test]
    fn the_login_behind_a_change_of_user_is_named() {
        let root = Facts {
            user: (0, Some("root".into())),
            named: Some("root".into()),
            ..Facts::default()
        };
        let login = |name: Option<String>| Facts { login: Some((1000, name)), ..root.clone() };
        assert_eq!(words(&login(Some("ana".into()))), "root (uid 0, logged in as ana)");
        assert_eq!(words(&login(None)), "root (uid 0, logged in as uid 1000)");
        let nameless = Facts { user: (4711, None), ..Facts::default() };
        assert_eq!(words(&nameless), "uid 4711");
    }
}
