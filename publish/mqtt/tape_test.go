package mqtt

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// tape stands between client and broker and notes each event that the client sends and that the broker acknowledges.
// It can also be a bad network.
type tape struct {
	net.Listener
	target string

	mu    sync.Mutex
	conns map[net.Conn]bool
	mute  bool          // packets vanish, both ways
	delay time.Duration // of each packet
	sent  []event       // in order, repeated ones too
	acked map[number]bool
	meet  func() // called before an event goes on; nil: nothing happens
}

// number and event are what the tests look at of an event message.
type number struct {
	Boot     string
	Sequence uint64
}

type event struct {
	number
	Camera string
	Value  string
	Time   string
	text   string
	at     time.Time
}

func parseEvent(payload []byte) (event, error) {
	e := event{text: string(payload), at: time.Now()}
	err := json.Unmarshal(payload, &e)
	return e, err
}

func startTape(t *testing.T, target string) *tape {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tape{Listener: l, target: target, conns: map[net.Conn]bool{}, acked: map[number]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.carry(in) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.cut()
		running.Wait()
	})
	return p
}

// onEvent has meet be called before an event goes on.
func (p *tape) onEvent(meet func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.meet = meet
}

func (p *tape) url() string { return "mqtt://" + p.Addr().String() }

func (p *tape) carry(in net.Conn) {
	defer in.Close()
	p.track(in, true)
	defer p.track(in, false)
	if p.silent() { // a dial that nobody answers
		io.Copy(io.Discard, in)
		return
	}
	out, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer out.Close()
	p.track(out, true)
	defer p.track(out, false)
	inFlight := map[uint16]number{}
	var mu sync.Mutex // guards inFlight
	var back sync.WaitGroup
	back.Go(func() {
		defer in.Close()
		p.copy(in, out, func(kind byte, body []byte) {
			if kind>>4 != 4 || len(body) < 2 { // PUBACK
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if n, ok := inFlight[binary.BigEndian.Uint16(body)]; ok {
				p.mu.Lock()
				p.acked[n] = true
				p.mu.Unlock()
			}
		})
	})
	p.copy(out, in, func(kind byte, body []byte) {
		if kind>>4 != 3 { // PUBLISH
			return
		}
		topic, id, payload := parsePublish(kind, body)
		if !strings.HasSuffix(topic, "/event") {
			return
		}
		e, err := parseEvent(payload)
		if err != nil {
			panic(err)
		}
		mu.Lock()
		inFlight[id] = e.number
		mu.Unlock()
		p.mu.Lock()
		p.sent = append(p.sent, e)
		meet := p.meet
		p.mu.Unlock()
		if meet != nil {
			meet()
		}
	})
	if p.silent() { // that a client has closed its end does not arrive either
		back.Wait()
	}
	out.Close()
	back.Wait()
}

// copy moves packets from src to dst; note sees each before it is on its way.
func (p *tape) copy(dst io.Writer, src io.Reader, note func(kind byte, body []byte)) {
	r := bufio.NewReader(src)
	for {
		packet, size, err := readPacket(r)
		if err != nil {
			return
		}
		p.mu.Lock()
		mute, delay := p.mute, p.delay
		p.mu.Unlock()
		if mute {
			continue
		}
		time.Sleep(delay)
		note(packet[0], packet[1+size:])
		if _, err := dst.Write(packet); err != nil {
			return
		}
	}
}

// readPacket reads one MQTT packet; size is that of its length field (MQTT 3.1.1, section 2.2).
func readPacket(r *bufio.Reader) (packet []byte, size int, err error) {
	kind, err := r.ReadByte()
	if err != nil {
		return nil, 0, err
	}
	packet = []byte{kind}
	length := 0
	for shift := 0; ; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return nil, 0, err
		}
		packet = append(packet, b)
		length |= int(b&0x7f) << shift
		if b < 0x80 {
			break
		}
		if shift > 14 {
			return nil, 0, errors.New("length")
		}
	}
	size = len(packet) - 1
	packet = append(packet, make([]byte, length)...)
	_, err = io.ReadFull(r, packet[1+size:])
	return packet, size, err
}

// parsePublish takes a PUBLISH apart. The topic is empty if it is none: clients look at ports that are silent, in other protocols.
func parsePublish(kind byte, body []byte) (topic string, id uint16, payload []byte) {
	if len(body) < 2 || len(body) < 4+int(binary.BigEndian.Uint16(body)) {
		return "", 0, nil
	}
	n := int(binary.BigEndian.Uint16(body))
	topic, body = string(body[2:2+n]), body[2+n:]
	if kind&6 != 0 { // a QoS
		id, body = binary.BigEndian.Uint16(body), body[2:]
	}
	return topic, id, body
}

func (p *tape) track(conn net.Conn, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if open {
		p.conns[conn] = true
	} else {
		delete(p.conns, conn)
	}
}

func (p *tape) silent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mute
}

// set changes the network.
func (p *tape) set(mute bool, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute, p.delay = mute, delay
}

// cut closes all connections.
func (p *tape) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
}

// acknowledged is the number of events that the broker has acknowledged.
func (p *tape) acknowledged() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.acked)
}

// sends are all events that were sent so far.
func (p *tape) sends() []event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[:len(p.sent):len(p.sent)]
}

// checkEvents holds what arrived to the promise: every event of want (camera and value) at least once, duplicates under
// the same number and with the same bytes, and the first arrivals of each camera in the order of want. It returns the
// number of duplicates.
func checkEvents(arrived []event, want []string) (duplicates int, err error) {
	byNumber := map[number]string{}
	order := map[string][]string{}
	for _, e := range arrived {
		if text, seen := byNumber[e.number]; seen {
			if text != e.text {
				return 0, fmt.Errorf("two events are %v: %s and %s", e.number, text, e.text)
			}
			duplicates++
			continue
		}
		byNumber[e.number] = e.text
		order[e.Camera] = append(order[e.Camera], e.Value)
	}
	wanted := map[string][]string{}
	for _, w := range want {
		camera, value, _ := strings.Cut(w, " ")
		wanted[camera] = append(wanted[camera], value)
	}
	for camera, values := range wanted {
		got := order[camera]
		for _, value := range values {
			for len(got) > 0 && got[0] != value { // one that was in the making when its process was killed may be there
				got = got[1:]
			}
			if len(got) == 0 {
				return 0, fmt.Errorf("%s %s did not arrive, or not in order (of %d wanted and %d that came)", camera, value, len(values), len(order[camera]))
			}
			got = got[1:]
		}
	}
	return duplicates, nil
}
