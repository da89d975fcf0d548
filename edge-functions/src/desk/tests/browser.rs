//! What a browser may see.

use super::*;

#[test]
fn another_browser_sees_nothing() {
    let fixture = Fixture::new(IIN);
    let browser = Sha256Digest::from_bytes([8; 32]);
    for act in [Act::See, Act::Cancel, Act::Documents, Act::Return] {
        let reply = fixture.call(Call::Browser { browser, act });
        assert_eq!(problem(&reply), ProblemCode::SessionUnknown);
    }
}

#[test]
fn no_answer_to_the_browser_carries_the_iin() {
    let fixture = Fixture::new(IIN);
    let iin = "880229100014";
    for reply in [
        fixture.act(Act::See),
        fixture.act(consent(true)),
        fixture.act(Act::Begin { run: 0 }),
    ] {
        assert!(!String::from_utf8_lossy(&reply.body).contains(iin));
    }
    fixture.act(Act::Cancel);
    assert!(!fixture.act(Act::Return).header("location").unwrap().contains(iin));
    assert!(fixture.host.asked.borrow().iter().all(|call| !call.contains(iin)));
}
