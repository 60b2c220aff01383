package mqtt5

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"
)

// fake is a broker in a test, with the manners of many.
type fake struct {
	window    uint16   // of messages that are not released; 0: it does not say
	maxQoS    int      // 0: it does not say
	maxPacket uint32   // 0: it does not say
	denied    []string // topics and filters
	unwritten []string // topics that may be read
	limit     int      // of payloads; 0: none
	eager     bool     // it hands messages on before they are released
	deaf      bool     // it hands nothing on
	cuts      bool     // it ends the session at what is denied,
	mute      bool     // and does not say why
	reversed  bool     // it answers in pairs, the second first
	reason    byte     // of the answer to all messages but for those of the proof; 0: as is right
	connack   byte     // reason code
	hangsUp   bool     // at CONNECT
	old       bool     // it answers CONNECT as MQTT 3.1.1 does
	farewell  []byte   // what comes behind CONNACK before the session ends; nil: it goes on

	dial     Dial
	mu       sync.Mutex
	sessions int
	peak     int      // most messages of a session that were not released
	heard    []string // what was handed on, by topic and payload
	topics   []string // of all messages that came
}

// start gives f a port.
func (f *fake) start(t *testing.T) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { f.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	f.dial = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}
	return f
}

// peer is one session of a fake.
type peer struct {
	*fake
	w      net.Conn
	filter string
	held   map[uint16]packets.Packet
	late   []packets.Packet // answers that wait for the next
}

func (f *fake) serve(conn net.Conn) {
	defer conn.Close()
	f.mu.Lock()
	f.sessions++
	f.mu.Unlock()
	p := &peer{fake: f, w: conn, held: map[uint16]packets.Packet{}}
	r := bufio.NewReader(conn)
	for {
		first, err := r.ReadByte()
		if err != nil {
			return
		}
		size, _, _ := packets.DecodeLength(r)
		body := make([]byte, size)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		pk := packets.Packet{ProtocolVersion: 5}
		pk.FixedHeader.Decode(first)
		pk.FixedHeader.Remaining = size
		f.mu.Lock()
		goesOn := p.handle(pk, body)
		f.mu.Unlock()
		if !goesOn {
			return
		}
	}
}

func (p *peer) handle(pk packets.Packet, body []byte) bool {
	switch pk.FixedHeader.Type {
	case packets.Connect:
		return p.connect()
	case packets.Subscribe:
		pk.SubscribeDecode(body)
		answer := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Suback}, PacketID: pk.PacketID}
		for _, f := range pk.Filters {
			code := byte(0)
			if slices.Contains(p.denied, f.Filter) {
				code = notAuthorized
			}
			answer.ReasonCodes = append(answer.ReasonCodes, code)
		}
		p.filter = pk.Filters[0].Filter
		p.write(answer, (*packets.Packet).SubackEncode)
	case packets.Publish:
		pk.PublishDecode(body)
		return p.publish(pk)
	case packets.Pubrel:
		pk.PubrelDecode(body)
		p.handOn(p.held[pk.PacketID])
		delete(p.held, pk.PacketID)
	case packets.Disconnect:
		return false
	}
	return true
}

func (p *peer) connect() bool {
	if p.hangsUp {
		return false
	}
	if p.old {
		p.w.Write([]byte{0x20, 2, 0, 1})
		return false
	}
	answer := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connack}, ReasonCode: p.connack}
	answer.Properties.ReceiveMaximum, answer.Properties.MaximumPacketSize = p.window, p.maxPacket
	if p.maxQoS > 0 {
		answer.Properties.MaximumQos, answer.Properties.MaximumQosFlag = byte(p.maxQoS), true
	}
	p.write(answer, (*packets.Packet).ConnackEncode)
	if p.farewell != nil {
		p.w.Write(p.farewell)
		return false
	}
	return p.connack == success
}

func (p *peer) publish(pk packets.Packet) bool {
	p.topics = append(p.topics, pk.TopicName)
	reason := p.reason
	proof := len(pk.Payload) > 0 && (string(pk.Payload) == released || string(pk.Payload) == unreleased)
	switch {
	case slices.Contains(p.denied, pk.TopicName) && p.cuts:
		if !p.mute {
			p.w.Write([]byte{0xe0, 1, notAuthorized})
		}
		return false
	case slices.Contains(p.denied, pk.TopicName), slices.Contains(p.unwritten, pk.TopicName):
		reason = notAuthorized
	case p.limit > 0 && len(pk.Payload) > p.limit:
		reason = packetTooLarge
	case proof:
		reason = success
	}
	if reason < firstError {
		p.held[pk.PacketID] = pk
		p.peak = max(p.peak, len(p.held))
		if p.eager {
			p.handOn(pk)
		}
	}
	answer := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrec}, PacketID: pk.PacketID, ReasonCode: reason}
	if p.late = append(p.late, answer); p.reversed && !proof && len(p.late) < 2 {
		return true
	}
	for _, answer := range slices.Backward(p.late) {
		p.write(answer, (*packets.Packet).PubrecEncode)
	}
	p.late = nil
	return true
}

func (p *peer) handOn(pk packets.Packet) {
	p.heard = append(p.heard, pk.TopicName+" "+string(pk.Payload))
	if p.deaf || pk.TopicName != p.filter {
		return
	}
	pk.FixedHeader.Qos, pk.PacketID = 0, 0
	p.write(pk, (*packets.Packet).PublishEncode)
}

func (p *peer) write(pk packets.Packet, encode func(*packets.Packet, *bytes.Buffer) error) {
	var b bytes.Buffer
	pk.ProtocolVersion = 5
	encode(&pk, &b)
	p.w.Write(b.Bytes())
}

// result is what an Ask of f finds.
func (f *fake) ask(t *testing.T, q Question) (Answer, error) {
	t.Helper()
	return Ask(t.Context(), f.dial, Login{ClientID: "asks"}, q)
}
