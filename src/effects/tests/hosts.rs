//! Which hosts a flow may ask.

use super::*;

fn refused(policy: &Policy, url: &str) -> bool {
    let net = Net::answering(&[(200, "{}")]);
    let outcome = net.perform(policy, &Effect::HttpRequest(http("GET", url)));
    assert_eq!(
        net.sent.borrow().is_empty(),
        outcome == Outcome::Failed(Value::Null)
    );
    net.sent.borrow().is_empty()
}

#[test]
fn no_spelling_of_a_private_host_is_asked() {
    let policy = Policy::default();
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://017700000001",
        "http://127.0.0.1./",
        "http://0/",
        "http://0x/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://100.100.100.200/",
        "http://192.0.0.192/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[::127.0.0.1]/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:7f00:1::]/",
        "http://[2001:db8::1]/",
        "http://localhost/",
        "http://LOCALHOST:8787/",
        "http://localhost./",
        "http://a.localhost/",
        "http://metadata.google.internal/",
        "http://metadata/",
        "http://printer.local/",
        "http://user@127.0.0.1/",
        "http://example.com@127.0.0.1/",
        "http://127.0.0.1#@example.com/",
        "http://127.0.0.1?@example.com/",
        "http://127.0.0.1\\@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://127.0.0.1\t/",
        "http://1\n27.0.0.1/",
        "http://%31%32%37.0.0.1/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://256.0.0.1/",
        "http://1.2.3.4.5/",
        "http://1..2/",
        "http://09.1.1.1/",
        "http:///127.0.0.1/",
        "http:127.0.0.1",
        "//127.0.0.1/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://:80/",
        "http://example.com:99999/",
        "http://[::1",
        "",
        "http://exa mple.com/",
        "http://example.com:80:80/",
    ] {
        assert!(refused(&policy, url), "{url:?}");
    }
    for url in [
        "https://api.example.com/x",
        "HTTP://Example.COM:8080",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://example.com?x",
        "https://a_b.example.com/",
        " https://example.com/\n",
        "https://127.0.0.1.example.com/",
    ] {
        assert!(!refused(&policy, url), "{url:?}");
    }
}

#[test]
fn a_list_of_hosts_is_all_that_is_asked_and_opens_no_private_one() {
    let policy = |text, local| Policy {
        hosts: Hosts::parse(text, local).unwrap(),
        ..Policy::default()
    };
    let listed = policy("api.example.com, *.example.org 127.0.0.1", false);
    for url in ["https://api.example.com:444/", "https://a.b.example.org/"] {
        assert!(!refused(&listed, url), "{url}");
    }
    for url in [
        "https://example.com/",
        "https://xapi.example.com/",
        "https://example.org/",
        "https://badexample.org/",
        "https://api.example.com.evil.net/",
        "http://127.0.0.1/",
    ] {
        assert!(refused(&listed, url), "{url}");
    }
    let development = policy("public", true);
    assert!(!refused(&development, "http://127.0.0.1:8788/x"));
    assert!(!refused(
        &policy("127.0.0.1", true),
        "http://127.0.0.1:8788/x"
    ));
    assert!(refused(&policy("127.0.0.1", true), "https://example.com/"));
    for wrong in ["https://example.com", "a/b", "example.com:80", "*", "a b@c"] {
        assert_eq!(Hosts::parse(wrong, false), None, "{wrong}");
    }
}
