package mqtt

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"io"
	"net"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/inceptiond/inceptiond/internal/localname"
)

var (
	errSpeaksTLS   = streamError{"the port speaks TLS", "use mqtts:// in mqtt.broker, with mqtt.tls.ca_file if its authority is not a public one"}
	errSpeaksHTTPS = streamError{"the port speaks TLS", "use wss:// in mqtt.broker; or mqtts:// if it is no WebSocket port"}
	errSpeaksPlain = streamError{"the port speaks MQTT without TLS",
		"use the broker's TLS port, 8883 as a rule; or mqtt:// in mqtt.broker, if anybody on the way may read along"}
	errSpeaksPlainHTTP = streamError{"the port speaks HTTP without TLS",
		"use the broker's TLS port; or ws:// in mqtt.broker, if anybody on the way may read along"}
	errNoWebSocket     = streamError{"the port speaks MQTT, but not over WebSocket", "use mqtt:// in mqtt.broker"}
	errNoSafeWebSocket = streamError{"the port speaks MQTT over TLS, but not over WebSocket", "use mqtts:// in mqtt.broker"}
	errWebServer       = streamError{"a web server answers there",
		"use the broker's MQTT port in mqtt.broker; or ws:// (with TLS wss://) if it speaks MQTT over WebSocket there"}
)

const (
	recognizeTime  = 3 * time.Second // for all looks at a port
	recognizePause = time.Minute     // from one to the next, while nothing has changed
)

// recognition is what was last found of a port that does not let us in. Only the client's goroutine uses it.
type recognition struct {
	when  time.Time
	found *streamError // nil: nothing
}

// recognize finds what a port speaks that has hung up, or was silent, at what we said: many servers have no word for a
// client that mistakes TLS. It makes a few connections of its own that carry no name, no password and no certificate
// of ours, and takes a few seconds, once a minute at most. It returns nil if it has found nothing.
func (c *Client) recognize() *streamError {
	r := &c.node().recognized
	if time.Since(r.when) > recognizePause {
		r.found, r.when = nil, time.Now()
		ctx, cancel := context.WithTimeout(c.ctx, recognizeTime)
		defer cancel()
		for _, guess := range guesses[c.node().url.Scheme] {
			if guess.holds(ctx, c.node().url.Host) {
				r.found = &guess.means
				break
			}
		}
	}
	return r.found
}

// guess is something that a port may speak in the place of what was expected, and what that means.
type guess struct {
	tls   bool
	says  func(io.ReadWriter) bool // inside of TLS; nil: whatever it says
	means streamError
}

// guesses are by the scheme of the URL that went wrong.
var guesses = map[string][]guess{
	"mqtt":  {{true, nil, errSpeaksTLS}, {false, saysHTTP, errWebServer}},
	"tcp":   {{true, nil, errSpeaksTLS}, {false, saysHTTP, errWebServer}},
	"mqtts": {{false, saysMQTT, errSpeaksPlain}, {false, saysHTTP, errWebServer}, {true, saysHTTP, errWebServer}},
	"ssl":   {{false, saysMQTT, errSpeaksPlain}, {false, saysHTTP, errWebServer}, {true, saysHTTP, errWebServer}},
	"ws":    {{true, nil, errSpeaksHTTPS}, {false, saysMQTT, errNoWebSocket}},
	"wss":   {{false, saysMQTT, errSpeaksPlain}, {false, saysHTTP, errSpeaksPlainHTTP}, {true, saysMQTT, errNoSafeWebSocket}},
}

// holds tries g on a new connection to address, until ctx ends.
func (g guess) holds(ctx context.Context, address string) bool {
	conn, err := localname.Dialer(new(net.Dialer))(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if !g.tls {
		return g.says(conn)
	}
	encrypted := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // there is nothing to keep from anybody
	switch err := encrypted.Handshake(); {
	case g.says != nil:
		return err == nil && g.says(encrypted)
	default: // however it ends
		return err == nil || as[tls.AlertError](err) || isRemoteTLSError(err)
	}
}

// saysMQTT tells whether the other side has an answer for a client without a name, good or bad.
func saysMQTT(conn io.ReadWriter) bool {
	hello := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	hello.ProtocolName, hello.ProtocolVersion, hello.CleanSession = "MQTT", 4, true
	hello.ClientIdentifier, hello.Keepalive = "inceptiond-look-"+rand.Text()[:6], 10
	if hello.Write(conn) != nil {
		return false
	}
	var answer [2]byte // a CONNACK: MQTT 3.1.1, section 3.2
	_, err := io.ReadFull(conn, answer[:])
	_ = packets.NewControlPacket(packets.Disconnect).Write(conn) // out of politeness
	return err == nil && answer == [2]byte{kindConnack << 4, 2}
}

// saysHTTP tells whether the other side answers a request, whatever.
func saysHTTP(conn io.ReadWriter) bool {
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return false
	}
	var answer [5]byte
	_, err := io.ReadFull(conn, answer[:])
	return err == nil && string(answer[:]) == "HTTP/"
}
