//! The other process. One command a line, one answer a line: `ok …` or `error CODE message`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::FromRawFd;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use arrow_array::types::Int64Type;
use qadataswap::{Error, OnFull, Reader, Result, SharedMemoryConfig, Writer};

use crate::surface::{batch, large_batch};

/// A process that a test commands. Killed when it is dropped.
pub struct Peer {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    pub fn start() -> Self {
        Self::start_with(Stdio::inherit())
    }

    fn start_with(errors: Stdio) -> Self {
        let program = std::env::current_exe().expect("this program's path");
        let mut child = Command::new(program)
            .arg("--peer")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("a process");
        let commands = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, commands, answers }
    }

    /// A peer with a writer of this arena.
    pub fn writer(config: &str) -> Self {
        let mut peer = Self::start();
        assert_eq!(peer.ask(&format!("create {config}")), "ok");
        peer
    }

    /// What a peer says on standard error that obeys these commands and exits.
    pub fn said(commands: &[&str]) -> String {
        let mut peer = Self::start_with(Stdio::piped());
        for command in commands {
            assert!(peer.ask(command).starts_with("ok"), "{command}");
        }
        peer.tell("exit");
        let mut text = String::new();
        peer.child.stderr.take().expect("a pipe").read_to_string(&mut text).expect("text");
        peer.wait();
        text
    }

    /// Sends a command without waiting for the answer.
    pub fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").expect("a peer that listens");
    }

    pub fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("a peer that answers");
        line.trim_end().to_owned()
    }

    pub fn ask(&mut self, command: &str) -> String {
        self.tell(command);
        self.answer()
    }

    /// `kill -9`, and gone when this returns.
    pub fn kill(&mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("a process to wait for");
    }

    /// Waits until it has exited by itself.
    pub fn wait(&mut self) {
        self.child.wait().expect("a process to wait for");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Default)]
struct State {
    writer: Option<Writer>,
    reader: Option<Reader>,
}

/// Obeys until the pipe is closed.
pub fn obey() {
    let mut state = State::default();
    for line in std::io::stdin().lines() {
        let line = line.expect("a line of text");
        let words: Vec<_> = line.split(' ').collect();
        match state.run(&words) {
            Ok(answer) => println!("ok{answer}"),
            Err(error) => println!("error {} {error}", error.code()),
        }
    }
}

fn number<T: std::str::FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| panic!("{word:?} is no number"))
}

fn config(name: &str, kilobytes: &str, policy: &str) -> SharedMemoryConfig {
    let policy = match policy {
        "block" => OnFull::Block,
        "drop-oldest" => OnFull::DropOldest,
        "drop-newest" => OnFull::DropNewest,
        "error" => OnFull::Error,
        other => panic!("no policy {other:?}"),
    };
    SharedMemoryConfig::new(name).with_size_bytes(1024 * number::<u64>(kilobytes)).with_on_full(policy)
}

impl State {
    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("a writer")
    }

    fn run(&mut self, words: &[&str]) -> Result<String> {
        match words {
            ["create", name, kilobytes, policy] => {
                self.writer = Some(Writer::create(config(name, kilobytes, policy))?);
            }
            ["write", first, count] => {
                let first: i64 = number(first);
                for value in first..first + number::<i64>(count) {
                    self.writer().write(&batch(value))?;
                }
            }
            ["write-large", first, count] => {
                let first: i64 = number(first);
                for value in first..first + number::<i64>(count) {
                    self.writer().write(&large_batch(value))?;
                }
            }
            ["end"] => self.writer().end()?,
            ["abort", reason @ ..] => self.writer().abort(&reason.join(" "))?,
            ["finish", millis] => self.writer().finish(Duration::from_millis(number(millis)))?,
            ["close"] => self.writer().close(),
            ["drop"] => self.writer = None,
            ["panic"] => {
                let writer = self.writer.take();
                let thread = std::thread::Builder::new().name("producer".into());
                let panicked = thread.spawn(move || {
                    let _writer = writer;
                    panic!("a mistake in the producer");
                });
                assert!(panicked.expect("a thread").join().is_err());
            }
            ["exit"] => std::process::exit(0),
            ["detach"] => self.reader = None,
            ["attach", name] => self.reader = Some(Reader::attach(*name)?),
            ["read", count] => {
                let reader = self.reader.as_mut().expect("a reader");
                let mut values = String::new();
                for _ in 0..number(count) {
                    match reader.next_batch(Duration::from_secs(30))? {
                        Some(batch) => {
                            let column = batch.primitive::<Int64Type>("n")?;
                            values += &format!(" {}", column.values()[0]);
                        }
                        None => values += " end",
                    }
                }
                return Ok(values);
            }
            ["fork"] => return self.fork(),
            other => panic!("no command {other:?}"),
        }
        Ok(String::new())
    }

    /// Uses the handles in a forked child, and tells the codes of what that came to.
    fn fork(&mut self) -> Result<String> {
        let mut pipe = [0; 2];
        // SAFETY: `pipe` is a place for two descriptors.
        assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
        // SAFETY: this process has one thread besides the core's own; the child only calls what the core allows
        // there, and exits without running anything else.
        match unsafe { libc::fork() } {
            0 => {
                let code = |result: Result<()>| result.err().map_or("none", |error: Error| error.code());
                let write = code(self.writer().write(&batch(0)).map(drop));
                let read = code(self.reader.as_mut().expect("a reader").read(Duration::ZERO).map(drop));
                let text = format!(" {write} {read}\n");
                // Drops them in the child, where that must not end the arena.
                self.writer = None;
                self.reader = None;
                // SAFETY: the text is valid for its length, and `_exit` ends the child at once.
                unsafe {
                    libc::write(pipe[1], text.as_ptr().cast(), text.len());
                    libc::_exit(0)
                }
            }
            child => {
                assert!(child > 0);
                let mut status = 0;
                // SAFETY: our child, our descriptors, and places for results.
                unsafe {
                    libc::waitpid(child, &mut status, 0);
                    libc::close(pipe[1]);
                }
                // SAFETY: the descriptor is ours, and nobody else closes it.
                let answer = unsafe { File::from_raw_fd(pipe[0]) };
                Ok(std::io::read_to_string(answer).expect("text").trim_end().to_owned())
            }
        }
    }
}
