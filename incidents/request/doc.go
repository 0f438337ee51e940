// Package request is what people may ask about their own data (GDPR Art. 12 to
// 22): a small clock that warns before the answer is late, everything that is
// held about one person, and his erasure.
//
// A request is about one client, or about somebody who is none. What it tells
// the register names nobody. The package is pure: standard library only, no
// time.Now; stores come in through small interfaces.
package request
