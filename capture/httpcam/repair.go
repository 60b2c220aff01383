package httpcam

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// maxHead is the most bytes of an answer's head, and of blank lines before it.
const maxHead = 64 << 10

// lengthKept is where an answer's Content-Length stands once it is no longer believed.
const lengthKept = "Inceptiond-Content-Length"

// What a server speaks instead of HTTP.
var (
	errRTSP = errors.New("it answers in RTSP, not HTTP: use source: rtsp, with an address rtsp://…")
	errTLS  = errors.New("it speaks TLS on this port: write https:// instead of http://")
	errHead = fmt.Errorf("the header of its answer has more than %d bytes", maxHead)
)

// repairConn gives net/http answers that it takes, of servers whose answers it does not take: it reads the head of each,
// status line and header, and hands out a proper one (repairHead). What follows the head it leaves alone, but for blank
// lines between two answers. A head is expected after each request; the transport never sends a second one before the
// answer to the first has been read.
type repairConn struct {
	net.Conn
	distrust *atomic.Bool // Content-Length is not believed

	expect atomic.Bool // a request has been sent, and its answer's head has not come yet
	tunnel atomic.Bool // the request was a proxy's CONNECT

	// Of the goroutine that reads.
	raw  bool   // the tunnel is open: what comes is not ours to read
	out  []byte // repaired, or read beyond a head, and not handed out yet
	left int64  // bytes of the answer's body to come; -1: not known
}

func newRepairConn(c net.Conn, distrust *atomic.Bool) *repairConn {
	return &repairConn{Conn: c, distrust: distrust, left: -1}
}

// Write implements net.Conn.
func (c *repairConn) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("CONNECT ")) {
		c.tunnel.Store(true)
	}
	c.expect.Store(true)
	return c.Conn.Write(p)
}

// Read implements net.Conn.
func (c *repairConn) Read(p []byte) (int, error) {
	if len(c.out) > 0 {
		n := copy(p, c.out)
		c.out = c.out[n:]
		return n, nil
	}
	if len(p) == 0 {
		return 0, nil
	}
	if c.raw {
		return c.Conn.Read(p)
	}
	if c.left > 0 && int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	switch {
	case n == 0:
		return n, err
	case c.left > 0: // of a body
		c.left -= int64(n)
		return n, err
	case c.expect.Load():
		return c.head(p[:n], p, err)
	case c.left == 0: // between two answers
		if len(bytes.Trim(p[:n], "\r\n")) == 0 {
			return c.Read(p)
		}
		return 0, io.EOF // more than was promised: the next request has another connection
	}
	return n, err
}

// head reads on to the end of an answer's head, which begins with start, and hands out the repaired one.
func (c *repairConn) head(start, p []byte, err error) (int, error) {
	data := append(make([]byte, 0, len(start)+4096), start...)
	for dropped, seen := 0, 0; ; {
		if rest := bytes.TrimLeft(data, "\r\n"); len(rest) < len(data) {
			dropped += len(data) - len(rest)
			data = rest
		}
		if judgement := judgeStart(data, c.tunnel.Load()); judgement != nil {
			return 0, judgement
		}
		end, next := headEnd(data, seen)
		if seen = next; end >= 0 {
			if seen = 0; interim(data[:end]) { // the answer itself follows
				dropped += end
				data = data[end:]
				continue
			}
			if len(data) > end || err != nil || !isChunked(data[:end]) { // else the next byte tells whether that is so
				c.take(data, end)
				return c.Read(p)
			}
		}
		if len(data)+dropped > maxHead {
			return 0, errHead
		}
		if err != nil {
			return 0, orUnexpected(err, len(data))
		}
		n := 0
		data = slices.Grow(data, 4096)
		n, err = c.Conn.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
	}
}

// orUnexpected is err, but for an end in the middle of a head.
func orUnexpected(err error, read int) error {
	if errors.Is(err, io.EOF) && read > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// take makes what is to be handed out of data, whose head ends at end.
func (c *repairConn) take(data []byte, end int) {
	body := data[end:]
	head, length := repairHead(data[:end], c.distrust.Load(), len(body) > 0 && !isHex(body[0]))
	c.expect.Store(false)
	switch {
	case c.tunnel.Load():
		c.raw = true
	case length >= 0:
		body = body[:min(int64(len(body)), length)]
		c.left = length - int64(len(body))
	default:
		c.left = -1
	}
	c.out = append(head, body...)
}

// judgeStart names what is no HTTP by its first bytes. TLS comes through a proxy's tunnel only.
func judgeStart(data []byte, tunnel bool) error {
	switch {
	case hasPrefix(data, "RTSP/"):
		return errRTSP
	case len(data) > 2 && 0x14 <= data[0] && data[0] <= 0x17 && data[1] == 3 && !tunnel: // RFC 8446, 5.1
		return errTLS
	}
	return nil
}

// headEnd is where a head ends: behind an empty line, or before a picture or boundary where that is missing; 0 where there
// is no head at all. -1: it goes on; line is where its last line begins then, from which on to look again.
func headEnd(data []byte, from int) (end, line int) {
	for line = from; line < len(data); {
		rest := data[line:]
		if hasPrefix(rest, jpegStart) || line == 0 && hasPrefix(rest, "--") {
			return line, 0
		}
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			break
		}
		line += n + 1
		if len(bytes.TrimRight(rest[:n], "\r")) == 0 {
			return line, 0
		}
	}
	return -1, line
}

// interim tells whether a head says only that the answer is to come (RFC 9110, 15.2).
func interim(head []byte) bool {
	_, code, _ := statusLine(head)
	return 100 <= code && code < 200 && code != 101
}

// statusLine reads the first line of a head, in whatever form it comes: HTTP/1.1 200 OK, without reason or version, ICY 200
// OK; also none at all, but a header's line. 0: it is nothing of that.
func statusLine(head []byte) (version string, code int, reason string) {
	line, _, _ := strings.Cut(string(head), "\n")
	fields := strings.Fields(printable(line))
	if isPartHeader([]byte(line)) {
		return "HTTP/1.0", 200, "OK"
	}
	if len(fields) > 0 && len(fields[0]) == 3 && isDigits(fields[0]) {
		fields = append([]string{"HTTP/1.0"}, fields...)
	}
	if len(fields) < 2 || len(fields[1]) != 3 || !isDigits(fields[1]) {
		return "", 0, ""
	}
	code, _ = strconv.Atoi(fields[1])
	if name := strings.ToUpper(fields[0]); code < 100 || !strings.HasPrefix(name, "HTTP") && name != "ICY" {
		return "", 0, ""
	}
	version = "HTTP/1.0"
	if strings.EqualFold(fields[0], "HTTP/1.1") {
		version = "HTTP/1.1"
	}
	return version, code, strings.Join(fields[2:], " ")
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// isChunked tells whether a head says that its body comes in chunks, which begin with a number.
func isChunked(head []byte) bool {
	for _, f := range headFields(head) {
		if strings.EqualFold(f.name, "Transfer-Encoding") && strings.Contains(strings.ToLower(f.value), "chunked") {
			return true
		}
	}
	return false
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// repairHead makes a head that net/http takes of one that it may not take, and tells the length of the body that follows;
// -1: not known. Lines without a name are left out, folded ones joined; a Content-Length that is no number, differs from a
// second one, or is 0 for a stream does not count, nor does any where distrust is set. plain: the body does
// not come in chunks, whatever the head says. A head that has neither status nor header stays as it is, for net/http to
// refuse; where there is no head, one is made.
func repairHead(raw []byte, distrust, plain bool) (head []byte, length int64) {
	if len(raw) == 0 {
		return []byte("HTTP/1.0 200 OK\r\n\r\n"), -1
	}
	version, code, reason := statusLine(raw)
	if code == 0 {
		return raw, -1
	}
	fields := headFields(raw)
	chunked, stream, closes := false, false, version == "HTTP/1.0"
	var lengths []string
	var out bytes.Buffer
	for _, f := range fields {
		switch strings.ToLower(f.name) {
		case "content-length":
			lengths = append(lengths, f.value)
			continue
		case "transfer-encoding":
			chunked = chunked || strings.Contains(strings.ToLower(f.value), "chunked")
			continue
		case "connection", "proxy-connection":
			closes = closes && !strings.EqualFold(f.value, "keep-alive")
		case "content-type":
			stream = stream || strings.HasPrefix(strings.ToLower(f.value), "multipart/")
		}
		fmt.Fprintf(&out, "%s: %s\r\n", f.name, f.value)
	}
	chunked = chunked && !plain
	length = agreed(lengths)
	bodiless := code == 204 || code == 304
	switch ok := code == 200; {
	case bodiless:
		length = 0
	case chunked:
		if length = -1; version == "HTTP/1.0" { // which does not know it
			version = "HTTP/1.1"
			if closes {
				out.WriteString("Connection: close\r\n")
			}
		}
		out.WriteString("Transfer-Encoding: chunked\r\n")
	case length >= 0 && ok && (distrust || stream && length == 0):
		fmt.Fprintf(&out, "%s: %d\r\nConnection: close\r\n", lengthKept, length)
		length = -1
	case length >= 0:
		fmt.Fprintf(&out, "Content-Length: %d\r\n", length)
	}
	return fmt.Appendf(nil, "%s %d %s\r\n%s\r\n", version, code, reason, out.Bytes()), length
}

// field is a line of a head.
type field struct{ name, value string }

// headFields reads the lines below the status line.
func headFields(raw []byte) (fields []field) {
	rest := string(raw)
	if !isPartHeader(raw[:max(bytes.IndexByte(raw, '\n'), 0)]) {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	folds := false // the line before is one that may be continued
	for line := range strings.Lines(rest) {
		line = printable(strings.TrimRight(line, "\r\n"))
		if line != "" && (line[0] == ' ' || line[0] == '\t') {
			if folds {
				f := &fields[len(fields)-1]
				f.value = strings.TrimSpace(f.value + " " + strings.TrimSpace(line))
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		folds = ok && isToken(name) && name != lengthKept
		if folds {
			fields = append(fields, field{name, strings.TrimSpace(value)})
		}
	}
	return fields
}

// printable is s without control characters, which net/http does not take in a header. Bytes that are no UTF-8 stay.
func printable(s string) string {
	kept := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		if c >= ' ' && c != 0x7F || c == '\t' {
			kept = append(kept, c)
		}
	}
	return string(kept)
}

// isToken tells whether s can be the name of a header (RFC 9110, 5.6.2).
func isToken(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}) < 0
}

// agreed is the length that all of lengths give, which may be lists themselves (RFC 9110, 8.6); -1: there is none.
func agreed(lengths []string) int64 {
	length := int64(-1)
	for _, value := range strings.Split(strings.Join(lengths, ","), ",") {
		if value = strings.TrimSpace(value); value == "" {
			continue
		}
		n, err := strconv.ParseUint(value, 10, 62)
		if err != nil || length >= 0 && int64(n) != length {
			return -1
		}
		length = int64(n)
	}
	return length
}
