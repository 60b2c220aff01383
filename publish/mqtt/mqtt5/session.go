// Package mqtt5 asks a broker what MQTT 3.1.1 has no words for: which topics may be written ([Ask]), how large a message
// may be, and whether another client has taken an id ([Watch]). MQTT 3.1.1, over which all messages go, acknowledges what
// the broker throws away; MQTT 5 has reason codes.
//
// Each question is a short session of its own that leaves nothing on the broker.
package mqtt5

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/mochi-mqtt/server/v2/packets"
)

// Login is who asks. The session gets this id, and no other client's if nobody else has it.
type Login struct {
	ClientID string
	Username string // empty: none
	Password []byte // nil: none
}

// Dial opens a connection to the broker, over which nothing has been said yet.
type Dial func(context.Context) (net.Conn, error)

var (
	// ErrUnspoken is what a broker answers that does not speak MQTT 5.
	ErrUnspoken = errors.New("the broker does not speak MQTT 5")

	// ErrHungUp is the end of a session that the broker had begun, without a reason.
	ErrHungUp = errors.New("the broker hung up")

	errGone   = errors.New("the broker hung up before anything was said")
	errAnswer = errors.New("the broker's answer makes no sense")
)

// refusal is a reason code by which a broker ends a session or does not begin it (MQTT 5, section 2.4).
type refusal byte

func (r refusal) Error() string { return fmt.Sprintf("the broker refuses it: reason 0x%02x", byte(r)) }

// The reason codes that have a meaning here.
const (
	success         = 0x00
	firstError      = 0x80 // this one and all above are errors
	unsupported     = 0x84 // protocol version
	notAuthorized   = 0x87
	sessionTaken    = 0x8e
	topicInvalid    = 0x90
	packetTooLarge  = 0x95
	retainHandling2 = 2 // a subscription that gets nothing retained
)

const (
	maxRead     = 256 << 10 // bytes of one session
	maxPacket   = 64 << 10  // bytes of one packet, but for messages, which are skipped
	keepAlive   = 30        // seconds; a session is over before
	maxInFlight = 20        // messages of ours that are not released, unless the broker wants fewer
)

// session is one accepted connection.
type session struct {
	conn      net.Conn
	r         *bufio.Reader
	stop      func() bool
	window    int  // messages that the broker takes before the first is released
	maxQoS    byte // that it takes
	maxPacket int  // bytes; 0: it names no limit
	id        uint16
	over      bool // the broker has ended it
}

// open logs in. The session dies with ctx.
func open(ctx context.Context, dial Dial, login Login) (*session, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, r: bufio.NewReader(io.LimitReader(conn, maxRead))}
	s.stop = context.AfterFunc(ctx, func() { conn.Close() })
	if err := s.login(login); err != nil {
		s.drop()
		return nil, cmp.Or(ctx.Err(), err)
	}
	return s, nil
}

func (s *session) login(login Login) error {
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, Connect: packets.ConnectParams{
		ProtocolName: []byte("MQTT"), Clean: true, Keepalive: keepAlive, ClientIdentifier: login.ClientID,
		UsernameFlag: login.Username != "", Username: []byte(login.Username),
		PasswordFlag: login.Password != nil, Password: login.Password,
	}}
	if err := s.send(&pk, (*packets.Packet).ConnectEncode); errors.Is(err, ErrHungUp) {
		return errGone
	} else if err != nil {
		return err
	}
	answer, body, err := s.read()
	switch {
	case errors.Is(err, ErrHungUp):
		return ErrUnspoken // many a broker has no other word for a version that it does not know
	case err != nil:
		return err
	case answer.FixedHeader.Type != packets.Connack:
		return errAnswer
	case len(body) == 2: // MQTT 3.1.1
		return ErrUnspoken
	case answer.ConnackDecode(body) != nil:
		return errAnswer
	case answer.ReasonCode == unsupported:
		return ErrUnspoken
	case answer.ReasonCode != success:
		return refusal(answer.ReasonCode)
	}
	p := answer.Properties
	s.window, s.maxQoS, s.maxPacket = maxInFlight, 2, int(p.MaximumPacketSize)
	if p.ReceiveMaximum > 0 {
		s.window = min(s.window, int(p.ReceiveMaximum))
	}
	if p.MaximumQosFlag {
		s.maxQoS = p.MaximumQos
	}
	return nil
}

// close ends the session in good order: the broker forgets what was not released.
func (s *session) close() {
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}}
	_ = s.send(&pk, (*packets.Packet).DisconnectEncode) // a connection that is lost is over as well
	s.drop()
}

func (s *session) drop() {
	s.stop()
	s.conn.Close()
}

func (s *session) send(pk *packets.Packet, encode func(*packets.Packet, *bytes.Buffer) error) error {
	pk.ProtocolVersion = 5
	var b bytes.Buffer
	if err := encode(pk, &b); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if _, err := s.conn.Write(b.Bytes()); err != nil {
		return ErrHungUp
	}
	return nil
}

// publish sends a message of QoS 2, which the broker holds until it is released. It returns its id.
func (s *session) publish(topic string, payload []byte) (uint16, error) {
	pk := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 2}, PacketID: s.nextID(), TopicName: topic, Payload: payload,
	}
	return pk.PacketID, s.send(&pk, (*packets.Packet).PublishEncode)
}

// release has the broker hand a message on.
func (s *session) release(id uint16) error {
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrel, Qos: 1}, PacketID: id}
	return s.send(&pk, (*packets.Packet).PubrelEncode)
}

// subscribe asks for filters, but for nothing that is retained. Nothing that comes is acknowledged.
func (s *session) subscribe(filters ...string) error {
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: s.nextID()}
	for _, f := range filters {
		pk.Filters = append(pk.Filters, packets.Subscription{Filter: f, RetainHandling: retainHandling2})
	}
	return s.send(&pk, (*packets.Packet).SubscribeEncode)
}

func (s *session) nextID() uint16 {
	s.id++
	return s.id
}

// receive is the next packet of a kind that has a meaning here; others are skipped. A DISCONNECT is a refusal.
func (s *session) receive() (packets.Packet, error) {
	for {
		pk, body, err := s.read()
		if err != nil {
			return pk, err
		}
		decode := map[byte]func(*packets.Packet, []byte) error{
			packets.Publish: (*packets.Packet).PublishDecode, packets.Pubrec: (*packets.Packet).PubrecDecode,
			packets.Suback: (*packets.Packet).SubackDecode,
		}[pk.FixedHeader.Type]
		switch {
		case pk.FixedHeader.Type == packets.Disconnect:
			return pk, disconnected(body)
		case decode == nil:
		case decode(&pk, body) != nil:
			return pk, errAnswer
		default:
			return pk, nil
		}
	}
}

// next is the next packet of a kind.
func (s *session) next(kind byte) (packets.Packet, error) {
	for {
		if pk, err := s.receive(); err != nil || pk.FixedHeader.Type == kind {
			return pk, err
		}
	}
}

// await is the next packet of a kind with this id.
func (s *session) await(kind byte, id uint16) (packets.Packet, error) {
	for {
		if pk, err := s.next(kind); err != nil || pk.PacketID == id {
			return pk, err
		}
	}
}

// disconnected is why the broker ends the session: its first byte, which may be all that there is.
func disconnected(body []byte) error {
	if len(body) == 0 {
		return ErrHungUp
	}
	return refusal(body[0])
}

// read is the next packet, not decoded.
func (s *session) read() (pk packets.Packet, body []byte, err error) {
	first, err := s.r.ReadByte()
	if err != nil {
		return pk, nil, ErrHungUp
	}
	if pk.FixedHeader.Decode(first) != nil {
		return pk, nil, errAnswer
	}
	pk.ProtocolVersion = 5
	size, _, err := packets.DecodeLength(s.r)
	if err != nil {
		return pk, nil, errAnswer
	}
	if size > maxPacket {
		return pk, nil, errAnswer
	}
	body = make([]byte, size)
	if _, err := io.ReadFull(s.r, body); err != nil {
		return pk, nil, ErrHungUp
	}
	pk.FixedHeader.Remaining = size
	return pk, body, nil
}
