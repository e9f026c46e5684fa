//! A server on the test machine that gives one file to whoever asks, for dom0's network.

use anyhow::Result;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// A running server; it ends with the process.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// Its port on the loopback device, which QEMU's user network reaches as 10.0.2.2.
    pub port: u16,
}

impl Server {
    /// Serves `content` from now on.
    ///
    /// # Errors
    /// No port is to be had.
    pub fn start(content: Vec<u8>) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is the test's to notice.
                let _ = answer(stream, &content);
            }
        });
        Ok(Self { port })
    }
}

fn answer(mut stream: TcpStream, content: &[u8]) -> Result<()> {
    let mut request = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while request.read_line(&mut line)? > 2 {
        line.clear();
    }
    write!(stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", content.len())?;
    stream.write_all(content)?;
    Ok(())
}

/// Gives `count` bytes that do not repeat (a xorshift generator, always the same).
pub fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}
