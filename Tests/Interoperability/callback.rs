// SPDX-License-Identifier: GPL-2.0-or-later
use std::ffi::{c_void, CStr};
use std::io::Write;
use std::os::raw::c_char;
use std::sync::mpsc::{channel, Sender};

const MIB_DELETE_INSTANCE: i32 = 2;
/// The words for the notification types 0 to 2.
const WORDS: [&str; 3] = ["replace", "open", "close"];

type Callback = extern "C" fn(*mut c_void, u16, i32);

#[link(name = "teredoport")]
extern "C" {
    fn NotifyTeredoPortChange(callback: Callback, context: *mut c_void, initial: u8, handle: *mut *mut c_void) -> i32;
    fn CancelMibChangeNotify2(handle: *mut c_void) -> i32;
    fn TeredoStatusMessage(status: i32) -> *const c_char;
}

fn check(status: i32) -> Result<(), String> {
    if status == 0 {
        return Ok(());
    }
    let text = unsafe { CStr::from_ptr(TeredoStatusMessage(status)) };
    Err(text.to_string_lossy().into_owned())
}

/// A registration whose changes come through a channel; ends with its scope.
struct Registration {
    handle: *mut c_void,
    // In a box, so that its address stays the same when the registration moves.
    _sender: Box<Sender<(u16, i32)>>,
}

extern "C" fn port_changed(context: *mut c_void, port: u16, kind: i32) {
    let sender = unsafe { &*(context as *const Sender<(u16, i32)>) };
    // The receiver may be gone while the registration is being ended.
    let _ = sender.send((port, kind));
}

impl Registration {
    fn new(sender: Sender<(u16, i32)>) -> Result<Self, String> {
        let sender = Box::new(sender);
        let mut handle = std::ptr::null_mut();
        let context = &*sender as *const Sender<(u16, i32)> as *mut c_void;
        check(unsafe { NotifyTeredoPortChange(port_changed, context, 0, &mut handle) })?;
        Ok(Registration { handle, _sender: sender })
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // Waits for the callback in progress, so that no callback uses the sender afterwards.
        unsafe { CancelMibChangeNotify2(self.handle) };
    }
}

fn main() -> Result<(), String> {
    let (sender, changes) = channel();
    let _registration = Registration::new(sender)?;
    println!("ready");
    for (port, kind) in changes {
        println!("{} {}", WORDS[kind as usize], port);
        std::io::stdout().flush().map_err(|error| error.to_string())?;
        if kind == MIB_DELETE_INSTANCE {
            break;
        }
    }
    Ok(())
}
