//! A child process together with everything that it starts, ended together.
//!
//! Each child leads a process group of its own. A guard, a shell that waits on a pipe from
//! this process, kills that group when the pipe closes: so nothing is left running even when
//! this process is ended by `kill -9`.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

const POLL: Duration = Duration::from_millis(20);

/// A running child, its descendants, and the guard that ends them with this process.
#[derive(Debug)]
pub struct Group {
    child: Child,
    guard: Child,
    id: Pid,
    /// Set once the group is gone: from then on its id may be another's.
    over: bool,
}

impl Group {
    /// Starts the command as the leader of a new process group.
    ///
    /// # Errors
    /// Those of starting a process.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut child = command.process_group(0).spawn()?;
        let id = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
        let guard = Command::new("/bin/sh")
            .args(["-c", "read -r _; kill -s KILL -- \"-$1\"", "guard"])
            .arg(id.to_string())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match guard {
            Ok(guard) => Ok(Self {
                child,
                guard,
                id,
                over: false,
            }),
            Err(error) => {
                let _ = killpg(id, Signal::SIGKILL);
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// The leader, to take its pipes from.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The process group's id, which is the leader's process id.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.id.as_raw()
    }

    /// How the leader ended, if it has.
    ///
    /// # Errors
    /// Those of waiting for a process.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits for the leader, then ends whatever it left behind.
    ///
    /// # Errors
    /// Those of waiting for a process.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait();
        self.kill();
        status
    }

    /// Asks the group to end (SIGTERM), and kills what has not within `patience`.
    pub fn terminate(&mut self, patience: Duration) {
        if self.over {
            return;
        }
        let _ = killpg(self.id, Signal::SIGTERM);
        let deadline = Instant::now() + patience;
        while self.is_alive() && Instant::now() < deadline {
            sleep(POLL);
        }
        self.kill();
    }

    /// Kills the whole group (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        if self.over {
            return;
        }
        let _ = killpg(self.id, Signal::SIGKILL);
        let _ = self.child.wait();
        let deadline = Instant::now() + Duration::from_secs(2);
        while self.is_alive() && Instant::now() < deadline {
            sleep(POLL);
        }
        // The guard goes before its pipe closes, for the same reason.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        self.over = true;
    }

    fn is_alive(&mut self) -> bool {
        // Reaped, or the leader would count as a member of its group for ever.
        let _ = self.child.try_wait();
        killpg(self.id, None) != Err(Errno::ESRCH) && !only_zombies(self.id)
    }
}

/// Whether every process of the group has ended, though its parent has not noticed. Orphans
/// are init's, and some inits take seconds. Known on Linux only; elsewhere `false`.
fn only_zombies(group: Pid) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return false;
    };
    let running = processes
        .flatten()
        .filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok())
        .filter_map(|stat| state_and_group(&stat))
        .any(|(state, id)| id == group.as_raw() && !matches!(state, 'Z' | 'X'));
    cfg!(target_os = "linux") && !running
}

/// The fields `state` and `pgrp` of proc(5)'s `stat`, which come after the command's name in
/// parentheses: `pid (name) state ppid pgrp …`.
fn state_and_group(stat: &str) -> Option<(char, i32)> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(1)?.parse().ok()?))
}

impl Drop for Group {
    fn drop(&mut self) {
        self.terminate(Duration::from_secs(5));
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use super::*;

    /// A shell that starts a sleeping child and prints the child's process id.
    fn family(trap: &str) -> (Group, Pid) {
        let script = format!("{trap} sleep 60 & echo $!; wait; wait");
        let mut group = Group::spawn(
            Command::new("/bin/sh")
                .args(["-c", &script])
                .stdout(Stdio::piped()),
        )
        .unwrap();
        let mut line = String::new();
        BufReader::new(group.child().stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let grandchild = Pid::from_raw(line.trim().parse().unwrap());
        (group, grandchild)
    }

    #[test]
    fn state_and_group_are_read_after_a_name_that_may_hold_parentheses() {
        let stat = "12 (a) b) (c) S 1 4321 4321 0 -1";
        assert_eq!(state_and_group(stat), Some(('S', 4321)));
        assert_eq!(state_and_group("12 (a"), None);
    }

    fn is_gone(pid: Pid) -> bool {
        let deadline = Instant::now() + Duration::from_secs(3);
        while Instant::now() < deadline {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let zombie = state_and_group(&stat).is_some_and(|(state, _)| state == 'Z');
            if zombie || nix::sys::signal::kill(pid, None) == Err(Errno::ESRCH) {
                return true;
            }
            sleep(POLL);
        }
        false
    }

    #[test]
    fn dropping_a_group_ends_the_grandchildren_too() {
        let (group, grandchild) = family("");
        drop(group);
        assert!(is_gone(grandchild));
    }

    #[test]
    fn a_group_that_ignores_sigterm_is_killed() {
        let (mut group, grandchild) = family("trap '' TERM;");
        group.terminate(Duration::from_millis(200));
        assert!(is_gone(grandchild));
    }

    #[test]
    fn the_guard_ends_the_group_when_its_pipe_closes() {
        let (mut group, grandchild) = family("");
        // What happens when this process dies: the kernel closes its end.
        drop(group.guard.stdin.take());
        assert!(is_gone(grandchild));
        assert!(group.wait().is_ok_and(|status| !status.success()));
    }
}
