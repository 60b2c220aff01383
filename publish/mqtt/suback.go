package mqtt

import "errors"

var errBadAnswer = errors.New("the broker answers more subscriptions than there are")

// subackGuard looks at the packets that come from a broker, ahead of paho. For paho 1.5.1 a SUBACK with more return codes
// than there were filters in SUBSCRIBE is an index out of range, of which the process dies (net.go, startIncoming).
type subackGuard struct {
	codes int // most return codes of a SUBACK

	kind   byte // of the packet that begins (MQTT 3.1.1, section 2.2)
	head   int  // bytes of its fixed header so far
	length int  // what they say of its length
	left   int  // bytes of the packet after its header that are still to come
}

// pass follows the stream by the bytes of p. After an error the connection is of no more use.
func (g *subackGuard) pass(p []byte) error {
	const suback = 9
	for len(p) > 0 {
		if g.left > 0 {
			n := min(g.left, len(p))
			g.left -= n
			p = p[n:]
			continue
		}
		b := p[0]
		p = p[1:]
		if g.head == 0 {
			g.kind, g.length, g.head = b>>4, 0, 1
			continue
		}
		g.length |= int(b&0x7f) << (7 * (g.head - 1))
		g.head++
		if b >= 0x80 && g.head <= 4 { // another byte of the length, of four at most
			continue
		}
		if g.kind == suback && g.length > 2+g.codes { // an id and the codes: section 3.9
			return errBadAnswer
		}
		g.left, g.head = g.length, 0
	}
	return nil
}
