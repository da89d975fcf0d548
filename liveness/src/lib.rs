//! What was asked against what was seen: challenge plan, measurement of each command, verdict. Pure.
