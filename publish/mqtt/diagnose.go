package mqtt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/inceptiond/inceptiond/internal/localname"
	"go.uber.org/zap"
)

// diagnosis is what a person should know about a connection that did not come about, or is gone.
type diagnosis struct {
	what    string // the same text for the same trouble
	mend    string // what to do about it; empty if it mends itself
	refused bool   // trying again soon is no use
	unclear bool   // the port may speak something else
	ours    bool   // it may be our certificate
}

// explain is diagnose, and looks at the port and at our certificate if that would tell more. A port that has taken us before is
// the right one; where there are other addresses to try, those
// come first; and in the first moments many brokers are just being started.
func (c *Client) explain(err error, lasted time.Duration) diagnosis {
	d, n := c.diagnose(err, lasted), c.node()
	if lasted > 0 {
		n.accepted = true
	}
	if d.unclear && !n.accepted && c.pauses.roundOver() && time.Since(c.pauses.began) >= c.pace.look {
		if other := c.recognize(); other != nil {
			return other.diagnosis()
		}
	}
	return c.blameCertificate(d)
}

// blameCertificate is d, or what is wrong with our certificate if that may be behind it.
func (c *Client) blameCertificate(d diagnosis) diagnosis {
	if !d.unclear && !d.ours {
		return d
	}
	a := CheckCertificate(c.options.TLS, time.Now())
	if a == nil || a.Works {
		return d
	}
	return diagnosis{what: "the broker refuses our TLS handshake", mend: a.Mend + ": " + a.What, refused: true}
}

// diagnose explains the end of a connection that lasted so long; 0 if it was never accepted.
func (c *Client) diagnose(err error, lasted time.Duration) diagnosis {
	if bad := (streamError{}); errors.As(err, &bad) {
		return bad.diagnosis()
	}
	if lasted == 0 {
		if d, ok := c.refusal(err); ok {
			return d
		}
		if d, ok := c.tlsTrouble(err); ok {
			return d
		}
		return c.networkTrouble(err)
	}
	d := diagnosis{what: "connection lost"}
	if lasted < c.pace.stable && errors.Is(err, io.EOF) {
		d.mend = fmt.Sprintf("if this repeats, another client may use the id %q: set mqtt.client_id", c.options.ClientID)
	}
	return d
}

// refusal is about the return codes of CONNACK (MQTT 3.1.1, table 3.1).
func (c *Client) refusal(err error) (diagnosis, bool) {
	d := diagnosis{refused: true}
	switch {
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		d.what = "the broker refuses our login"
		d.mend = fmt.Sprintf("check mqtt.username (%q) and the password in mqtt.password_file", c.options.Username)
		if c.options.Username == "" {
			d.mend = "the broker wants a login: set mqtt.username and mqtt.password_file"
		}
	case errors.Is(err, packets.ErrorRefusedIDRejected):
		d.what = "the broker refuses our client id"
		d.mend = fmt.Sprintf("set mqtt.client_id to something other than %q", c.options.ClientID)
	case errors.Is(err, packets.ErrorRefusedServerUnavailable):
		d.what = "the broker is up, but takes no clients"
	case errors.Is(err, packets.ErrorRefusedBadProtocolVersion):
		d.what = "the broker does not speak MQTT 3.1.1"
		d.mend = "enable MQTT 3.1.1 on the broker"
	default:
		return d, false
	}
	return d, true
}

func (c *Client) networkTrouble(err error) diagnosis {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return diagnosis{what: "nothing listens there", mend: "start the broker, or see mqtt.broker"}
	case errors.As(err, &dns) && localname.Is(dns.Name):
		return diagnosis{what: "no machine answers to the broker's name", mend: "is it on, and in this network? Its IP address in mqtt.broker may do instead"}
	case errors.As(err, &dns):
		return diagnosis{what: "the broker's name is not known", mend: "see mqtt.broker, and this machine's name servers"}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return diagnosis{unclear: true, what: "no answer", mend: "is it an MQTT broker, and is the port right? " + c.schemeHint()}
	case hungUp(err):
		return diagnosis{unclear: true, what: "the other side hung up", mend: "is it an MQTT broker? " + c.schemeHint()}
	case errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		return diagnosis{what: "a file is missing or unreadable", mend: "see mqtt.password_file and mqtt.tls"}
	}
	return diagnosis{what: "cannot connect", unclear: strings.HasPrefix(c.node().url.Scheme, "ws")} // net/http tells in words
}

// schemeHint says what to change if one side speaks TLS and the other does not.
func (c *Client) schemeHint() string {
	switch c.node().url.Scheme {
	case "mqtts", "ssl", "wss":
		return "Does its port want TLS? Without, use mqtt:// or ws://"
	}
	return "With TLS use mqtts:// or wss://"
}

// hungUp tells whether the other side has ended the connection, whichever of our sides has noticed.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || hasReset(err)
}

func as[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// complaints are what was last logged of a node: trouble is logged once, and again when it changes, comes back or has lasted for
// another ten minutes.
type complaints struct {
	last diagnosis
	when time.Time
}

// complain logs the trouble with a node, and when which address is tried next.
func (c *Client) complain(d diagnosis, err error, pause time.Duration) {
	s, log := &c.node().said, c.logger()
	fields := []zap.Field{zap.Error(err), zap.Duration("retry_in", pause.Round(time.Millisecond))}
	if next := c.nextNode(); next != c.node() {
		fields = append(fields, zap.String("next", next.shown()))
	}
	if d.mend != "" {
		fields = append(fields, zap.String("mend", d.mend))
	}
	now := time.Now()
	if d == s.last && now.Sub(s.when) < 10*time.Minute {
		log.Debug(d.what, fields...)
		return
	}
	s.last, s.when = d, now
	log.Warn(d.what, fields...)
}

// reset forgets the trouble: it is over.
func (s *complaints) reset() { s.last = diagnosis{} }
