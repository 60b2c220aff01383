package cluster

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Traffic is what went between a client and its broker.
type Traffic struct {
	Packets  map[string]Volume // by what they are: "result, QoS 0", "PUBACK"
	Up, Down Volume            // TCP segments and bytes with their headers, from the client and to it
}

// Volume is how many and how large.
type Volume struct{ Count, Bytes int }

// Wire hands on connections to a broker, and counts what goes by.
type Wire struct {
	listener net.Listener
	broker   string
	serving  sync.WaitGroup

	mu      sync.Mutex
	packets map[string]Volume
	clients []*net.TCPConn
}

// NewWire listens on this machine for clients of the broker at an address.
func NewWire(broker string) (*Wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &Wire{listener: l, broker: broker, packets: make(map[string]Volume)}
	w.serving.Go(w.accept)
	return w, nil
}

// Addr is where clients find it.
func (w *Wire) Addr() string { return w.listener.Addr().String() }

// Close cuts all connections.
func (w *Wire) Close() {
	w.listener.Close()
	w.mu.Lock()
	for _, c := range w.clients {
		c.Close()
	}
	w.mu.Unlock()
	w.serving.Wait()
}

func (w *Wire) accept() {
	for {
		conn, err := w.listener.Accept()
		if err != nil {
			return
		}
		broker, err := net.Dial("tcp", w.broker)
		if err != nil {
			conn.Close()
			continue
		}
		w.mu.Lock()
		w.clients = append(w.clients, conn.(*net.TCPConn))
		w.mu.Unlock()
		w.serving.Go(func() { w.pass(broker, conn) })
		w.serving.Go(func() { w.pass(conn, broker) })
	}
}

// pass hands on packets in one direction.
func (w *Wire) pass(to, from net.Conn) {
	defer to.Close()
	in := bufio.NewReader(from)
	for {
		packet, err := readPacket(in)
		if err != nil {
			return
		}
		name := nameOf(packet)
		w.mu.Lock()
		v := w.packets[name]
		w.packets[name] = Volume{v.Count + 1, v.Bytes + len(packet)}
		w.mu.Unlock()
		if _, err := to.Write(packet); err != nil {
			return
		}
	}
}

// readPacket reads an MQTT packet, whole (MQTT 3.1.1, section 2.2).
func readPacket(in *bufio.Reader) ([]byte, error) {
	kind, err := in.ReadByte()
	if err != nil {
		return nil, err
	}
	length, err := binary.ReadUvarint(in) // the same code as MQTT's
	if err != nil || length > 1<<28 {
		return nil, io.ErrUnexpectedEOF
	}
	packet := binary.AppendUvarint([]byte{kind}, length)
	header := len(packet)
	packet = append(packet, make([]byte, length)...)
	_, err = io.ReadFull(in, packet[header:])
	return packet, err
}

// packetNames are those of MQTT 3.1.1, section 2.2.1.
var packetNames = strings.Fields("? CONNECT CONNACK PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBSCRIBE SUBACK UNSUBSCRIBE UNSUBACK PINGREQ PINGRESP DISCONNECT ?")

// nameOf is what a packet is; of a PUBLISH the last level of its topic and how it is sent.
func nameOf(packet []byte) string {
	name := packetNames[packet[0]>>4]
	_, n := binary.Uvarint(packet[1:])
	rest := packet[1+n:]
	if name != "PUBLISH" || len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
		return name
	}
	topic := string(rest[2 : 2+binary.BigEndian.Uint16(rest)])
	name = topic[strings.LastIndexByte(topic, '/')+1:] + ", QoS " + string('0'+packet[0]>>1&3)
	if packet[0]&1 != 0 {
		name += ", retained"
	}
	return name
}

// Traffic is what has gone by so far.
func (w *Wire) Traffic() Traffic {
	const headers = 20 + 20 + 12 // IPv4, TCP, its time stamps
	w.mu.Lock()
	defer w.mu.Unlock()
	t := Traffic{Packets: make(map[string]Volume)}
	for name, v := range w.packets {
		t.Packets[name] = v
	}
	for _, c := range w.clients {
		raw, err := c.SyscallConn()
		if err != nil {
			continue
		}
		_ = raw.Control(func(fd uintptr) { // one that is closed has nothing to say any more
			if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
				t.Up.Count += int(info.Segs_in)
				t.Up.Bytes += int(info.Bytes_received) + headers*int(info.Segs_in)
				t.Down.Count += int(info.Segs_out)
				t.Down.Bytes += int(info.Bytes_acked) + headers*int(info.Segs_out)
			}
		})
	}
	return t
}
