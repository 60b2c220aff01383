package mqtt

import "fmt"

// Kinds of packets (MQTT 3.1.1, table 2.1).
const (
	kindConnack = 2
	kindPublish = 3
	kindSuback  = 9
)

const (
	// maxControl is the most bytes that we take of a packet that is neither PUBLISH nor SUBACK. They have two; DISCONNECT
	// of MQTT 5, which some brokers send all the same, has a few more.
	maxControl = 127
	// maxLengthHigh bounds a PUBLISH: of a longer one, the low 14 bits of the length stay, and this is what is above
	// them. So 96 KiB to 112 KiB are left: a topic of any length, and more payload than a handler gets.
	maxLengthHigh = 6
)

// packetGuard looks at the packets that come from a broker, ahead of paho. paho 1.5.1 makes room for a packet when it has
// read its length, 256 MiB or what a broker says, and a SUBACK with more return codes than there were filters in
// SUBSCRIBE is an index out of range, of which the process dies (net.go, startIncoming).
//
// It reads fixed headers only (MQTT 3.1.1, section 2.2), and remembers a few numbers.
type packetGuard struct {
	codes int  // most return codes of a SUBACK
	hears bool // there are subscriptions: a PUBLISH that is too long is cut, and then ignored; else it ends the connection

	begun  bool // the first packet has come
	kind   byte // of the packet that begins
	head   int  // bytes of its fixed header so far
	length int  // what they say of its length
	keep   int  // bytes of the packet after its header that are still to come and to be kept
	skip   int  // those after them that are not to be kept
}

// streamError says what is wrong with what a broker sends.
type streamError struct {
	what string
	mend string // what to do about it
}

func (e streamError) Error() string { return "mqtt: " + e.what }

func (e streamError) diagnosis() diagnosis {
	return diagnosis{what: e.what, mend: e.mend, refused: true}
}

// pass follows the stream by the bytes of p, and returns those that paho gets, which are the first ones of p by then. After
// an error the connection is of no more use.
func (g *packetGuard) pass(p []byte) ([]byte, error) {
	kept := p[:0]
	for len(p) > 0 {
		switch {
		case g.keep > 0:
			n := min(g.keep, len(p))
			kept, p, g.keep = append(kept, p[:n]...), p[n:], g.keep-n
		case g.skip > 0:
			n := min(g.skip, len(p))
			p, g.skip = p[n:], g.skip-n
		default:
			b, forward, err := g.header(p[0])
			if err != nil {
				return nil, err
			}
			if p = p[1:]; forward {
				kept = append(kept, b)
			}
		}
	}
	return kept, nil
}

// skipping tells whether the next bytes of the stream, g.skip of them, are not for paho.
func (g *packetGuard) skipping() bool { return g.keep == 0 && g.skip > 0 }

// header takes the next byte of a fixed header. It returns what paho is to get in its place, if anything.
func (g *packetGuard) header(b byte) (out byte, forward bool, err error) {
	if g.head == 0 {
		g.kind, g.length, g.head = b>>4, 0, 1
		return b, true, g.first(b)
	}
	g.length |= int(b&0x7f) << (7 * (g.head - 1))
	g.head++
	more := b >= 0x80
	if more && g.head > 4 { // a length has four bytes at most
		return 0, false, errNoMQTT
	}
	if g.kind != kindPublish {
		err = g.control(more)
		if !more {
			g.keep, g.head = g.length, 0
		}
		return b, true, err
	}
	switch {
	case more: // the third byte waits for the fourth, as it may have to be the last
		return b, g.head < 4, nil
	case g.head < 4:
		g.keep, g.head = g.length, 0
		return b, true, nil
	}
	return g.cut()
}

// first looks at the first byte of a packet.
func (g *packetGuard) first(b byte) error {
	switch {
	case g.begun:
		return nil
	case b == kindConnack<<4:
		g.begun = true
		return nil
	case b == 0x15 || b == 0x16: // alert or handshake: RFC 8446, section 5.1
		return errSpeaksTLS
	case b == 'H': // HTTP/1.1 400 Bad Request
		return errWebServer
	}
	return errNoMQTT
}

var (
	errNoMQTT = streamError{"what answers there is no MQTT broker",
		"see mqtt.broker: a broker's port is 1883 as a rule, and 8883 with TLS"}
	errBadAnswer = streamError{"the broker answers more subscriptions than there are", "look for a newer version of the broker"}
)

// control looks at the length of a packet that is no PUBLISH. more tells that there is another byte of it.
func (g *packetGuard) control(more bool) error {
	switch {
	case g.kind == kindSuback && !more && g.length > 2+g.codes: // an id and the codes: section 3.9
		return errBadAnswer
	case g.kind != kindSuback && g.length > maxControl:
		return errNoMQTT
	}
	return nil
}

// cut ends the header of a PUBLISH with three or four bytes of length. paho gets three.
func (g *packetGuard) cut() (out byte, forward bool, err error) {
	const lowBits = 14
	high := min(g.length>>lowBits, maxLengthHigh)
	g.keep = g.length&(1<<lowBits-1) | high<<lowBits
	g.skip = g.length - g.keep
	if g.skip > 0 && !g.hears {
		return 0, false, streamError{fmt.Sprintf("the broker sends a message of %d bytes that nobody asked for", g.length),
			"see who else uses the broker, and its rules for the client id: it may keep subscriptions of another program"}
	}
	g.head = 0
	return byte(high), true, nil
}
