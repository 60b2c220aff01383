package mqtt

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// accepted is a CONNACK.
var accepted = []byte{0x20, 2, 0, 0}

// longMessage is a PUBLISH of QoS 0 on the topic t.
func longMessage(payload int) []byte {
	body := append([]byte{0, 1, 't'}, make([]byte, payload)...)
	return slices.Concat([]byte{0x30}, binary.AppendUvarint(nil, uint64(len(body))), body)
}

// passed is what a guard lets through of a stream that comes in pieces of a size.
func passed(g *packetGuard, stream []byte, size int) (out []byte, err error) {
	for chunk := range slices.Chunk(slices.Clone(stream), size) {
		kept, err := g.pass(chunk)
		if err != nil {
			return out, err
		}
		out = append(out, kept...)
	}
	return out, nil
}

func TestPacketGuard(t *testing.T) {
	message := longMessage(256) // its body looks like anything
	copy(message[6:], []byte{0x90, 100, 0, 1})
	answer := []byte{0x90, 4, 0, 1, 0, 0x80}
	for name, test := range map[string]struct {
		stream []byte
		err    error
	}{
		"nothing":              {nil, nil},
		"an answer":            {answer, nil},
		"a short answer":       {[]byte{0x90, 3, 0, 1, 0}, nil},
		"too many codes":       {[]byte{0x90, 5, 0, 1, 0, 0, 0}, errBadAnswer},
		"a long length":        {[]byte{0x90, 0x84, 0x80, 0x80, 0}, nil},
		"an enormous one":      {[]byte{0x90, 0xff, 0xff, 0xff, 0x7f}, errBadAnswer},
		"one that is too long": {[]byte{0x90, 0xff, 0xff, 0xff, 0xff}, errNoMQTT},
		"pings and a message":  {slices.Concat([]byte{0xd0, 0, 0xd0, 0}, message, answer), nil},
		"after a message":      {slices.Concat(message, []byte{0x90, 5}), errBadAnswer},
		"a long ping":          {[]byte{0xd0, 0xff, 0xff, 0xff, 0x7f}, errNoMQTT},
		"a long PUBACK":        {[]byte{0x40, 0x80, 1}, errNoMQTT},
		"a reason to go":       {[]byte{0xe0, 2, 0x8e, 0}, nil}, // MQTT 5's DISCONNECT
		"an endless message":   {[]byte{0x30, 0xff, 0xff, 0xff, 0xff}, errNoMQTT},
	} {
		for _, size := range []int{1, 2, 3, 1000} { // however the network cuts it
			g := packetGuard{codes: 2, begun: true}
			out, err := passed(&g, test.stream, size)
			if err != test.err || err == nil && !bytes.Equal(out, test.stream) {
				t.Errorf("%s, by %d: %v, %x", name, size, err, out)
			}
		}
	}
}

// The first bytes tell what is no broker.
func TestPacketGuardFirst(t *testing.T) {
	for first, want := range map[string]error{
		string(accepted): nil, "\x15\x03\x01": errSpeaksTLS, "\x16\x03\x03": errSpeaksTLS, "HTTP/1.1 400 Bad Request": errWebServer,
		"SSH-2.0-OpenSSH_9.2": errNoMQTT, "220 mail": errNoMQTT, "\x30\x03": errNoMQTT, "\x21\x02": errNoMQTT,
	} {
		g := packetGuard{codes: 2}
		if _, err := passed(&g, []byte(first), 2); err != want {
			t.Errorf("%q: %v, want %v", first, err, want)
		}
	}
}

// A long message ends the connection of a client that hears nothing, and is cut for another.
func TestPacketGuardLongMessages(t *testing.T) {
	const longest = maxLengthHigh<<14 | 1<<14 - 1
	for _, payload := range []int{0, maxPayload, longest - 3, longest - 2, 1 << 17, 1 << 21, 1<<21 + 1<<14, 5 << 20} {
		stream := slices.Concat(accepted, longMessage(payload), accepted)
		long := payload+3 > longest
		g := packetGuard{codes: 2}
		if _, err := passed(&g, stream, 1000); (err != nil) != long {
			t.Errorf("%d bytes for nobody: %v", payload, err)
		}
		for _, size := range []int{1 << 16, 7, 1} {
			g := packetGuard{codes: 2, hears: true}
			out, err := passed(&g, stream, size)
			if err != nil {
				t.Fatalf("%d bytes by %d: %v", payload, size, err)
			}
			if !long && !bytes.Equal(out, stream) {
				t.Errorf("%d bytes by %d have changed", payload, size)
			}
			r := bytes.NewReader(out)
			for i := range 3 {
				p, err := packets.ReadPacket(r)
				if err != nil {
					t.Fatalf("%d bytes by %d: packet %d: %v", payload, size, i, err)
				}
				if m, ok := p.(*packets.PublishPacket); ok && long && (len(m.Payload) <= maxPayload || len(m.Payload) > longest) {
					t.Errorf("%d bytes became %d", payload, len(m.Payload))
				}
			}
		}
	}
}

// However a stream is cut, it is followed alike, and what is let through is never much.
func FuzzPacketGuard(f *testing.F) {
	f.Add([]byte{0x20, 2, 0, 0, 0xd0, 0, 0x90, 4, 0, 1, 0, 0, 0x90, 5}, uint8(3), false)
	f.Add([]byte{0x20, 2, 0, 0, 0x30, 0xff, 0xff, 0xff, 0x7f, 1, 2}, uint8(7), true)
	f.Fuzz(func(t *testing.T, stream []byte, cut uint8, hears bool) {
		whole, parts := packetGuard{codes: 2, hears: hears}, packetGuard{codes: 2, hears: hears}
		want, wantErr := passed(&whole, stream, max(len(stream), 1))
		got, gotErr := passed(&parts, stream, int(cut)+1)
		if gotErr != wantErr || gotErr == nil && (whole != parts || !bytes.Equal(got, want)) {
			t.Errorf("whole: %v %+v; by %d: %v %+v", wantErr, whole, cut+1, gotErr, parts)
		}
		if gotErr != nil {
			return
		}
		if parts.keep < 0 || parts.skip < 0 || parts.head > 4 || parts.keep >= (maxLengthHigh+1)<<14 {
			t.Errorf("%+v", parts)
		}
	})
}

// floods are the ways to a broker that has got out of hand, and how a test plays its side of the connection.
func floods(t *testing.T) map[string]func(net.Conn) net.Conn {
	ca := newAuthority(t)
	cert, key := ca.issue(t, "broker", "127.0.0.1")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(net.Conn) net.Conn{
		"mqtt":             func(c net.Conn) net.Conn { return c },
		"mqtts " + ca.file: func(c net.Conn) net.Conn { return tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}}) },
		"ws":               func(c net.Conn) net.Conn { return &webSocket{Conn: c, r: bufio.NewReader(c)} },
	}
}

// webSocket is the server's side of a WebSocket (RFC 6455) that sends binary frames, and reads no more than the first
// frame of at most 125 bytes.
type webSocket struct {
	net.Conn
	r    *bufio.Reader
	open bool
}

func (w *webSocket) Read(p []byte) (int, error) {
	if !w.open {
		w.open = true
		request, err := http.ReadRequest(w.r)
		if err != nil {
			return 0, err
		}
		sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		fmt.Fprintf(w.Conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
		var head [6]byte // of a frame, with its mask
		if _, err := io.ReadFull(w.r, head[:]); err != nil {
			return 0, err
		}
		frame := make([]byte, head[1]&0x7f)
		if _, err := io.ReadFull(w.r, frame); err != nil {
			return 0, err
		}
		for i := range frame {
			frame[i] ^= head[2+i%4]
		}
		w.r = bufio.NewReader(io.MultiReader(bytes.NewReader(frame), w.r))
	}
	return w.r.Read(p)
}

func (w *webSocket) Write(p []byte) (int, error) {
	if _, err := w.Conn.Write(binary.BigEndian.AppendUint64([]byte{0x82, 127}, uint64(len(p)))); err != nil {
		return 0, err
	}
	return w.Conn.Write(p) // no copy: what is allocated here counts as the client's
}

// A broker that sends 256 MB, again and again, has them read by nobody: the client takes no memory for them, whatever is between the
// two, and ends the connection as soon as it has given up to hear anything.
func TestFlood(t *testing.T) {
	for name, wrap := range floods(t) {
		scheme, ca, _ := strings.Cut(name, " ")
		t.Run(scheme, func(t *testing.T) {
			server := rude(t, func(conn net.Conn) {
				conn = wrap(conn)
				accept(conn, 0)
				conn.Write([]byte{0x30, 0xff, 0xff, 0xff, 0x7f})
				for junk := make([]byte, 1<<16); ; {
					if _, err := conn.Write(junk); err != nil {
						conn.Close()
						return
					}
				}
			})
			o := testOptions(scheme + strings.TrimPrefix(server, "mqtt"))
			o.TLS.CAFile = ca
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			c, logs := openClient(t, o, testPace)
			eventually(t, "a warning", func() bool { return warnings(logs, "sends a message of 268435455 bytes that nobody asked for") == 1 })
			closeInTime(t, c)
			runtime.ReadMemStats(&after)
			// Of all attempts together; with the race detector sync.Pool forgets at random what the server's TLS writes with.
			if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 && !raceEnabled {
				t.Errorf("%d MB were allocated", got>>20)
			}
		})
	}
}

// A client that hears goes on behind a message that is too long, and nobody can keep it out with one.
func TestFloodOfOneWhoHears(t *testing.T) {
	const size = 64 << 20
	url := scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
		if kind>>4 != 8 {
			return false
		}
		conn.Write([]byte{0x90, 3, body[0], body[1], 1})
		conn.Write(publishPacket(1, "inceptiond/gate/cam/paused/set", make([]byte, size)))
		conn.Write(publishPacket(0, "inceptiond/gate/cam/paused/set", []byte("behind it")))
		return true
	})
	var l listener
	patient := testPace
	patient.ack = time.Minute // answers to pings wait behind what is skipped, which takes seconds where others compute
	c, logs := openClient(t, listening(url, l.handle), patient)
	l.expect(t, "cam/paused/set behind it")
	if s := c.Stats(); s.Ignored != 1 || s.Reconnects != 0 || warnings(logs, "is ignored") != 1 {
		t.Errorf("stats: %+v", s)
	}
}

// A broker that drips is as one that is silent: its packet never ends, and nothing else can come.
func TestDrip(t *testing.T) {
	server := rude(t, func(conn net.Conn) {
		accept(conn, 0)
		for packet := longMessage(60_000); len(packet) > 0; packet = packet[1:] {
			if _, err := conn.Write(packet[:1]); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
	p := testPace
	p.ack = 100 * time.Millisecond
	c, logs := openClient(t, testOptions(server), p)
	eventually(t, "a warning", func() bool { return warnings(logs, "connection lost") > 0 })
	eventually(t, "another connection", func() bool { return c.Stats().Reconnects > 0 })
}
