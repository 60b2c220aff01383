package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"syscall"
)

const (
	hcd        = "/sys/devices/platform/vhci_hcd.0/"
	epipe      = -32
	econnreset = -104
)

// urb is a request of the kernel for data (USB request block).
type urb struct {
	seq uint32
	len int
}

// camera is the state of one plugged-in device.
type camera struct {
	kind  *kind
	fault *faults
	conn  *os.File

	mu      sync.Mutex
	wake    *sync.Cond
	pending []urb // URBs of the streaming endpoint not yet answered
	stops   int   // URBs taken back so far, as happens when a stream is stopped
	gone    bool
	commit  [26]byte // what VS_COMMIT_CONTROL last set
	bright  int

	wmu sync.Mutex
}

func (c *camera) reply(seq uint32, status int32, data []byte, in bool) {
	h := make([]byte, 48, 48+len(data))
	binary.BigEndian.PutUint32(h[0:], 3) // USBIP_RET_SUBMIT
	binary.BigEndian.PutUint32(h[4:], seq)
	binary.BigEndian.PutUint32(h[20:], uint32(status))
	binary.BigEndian.PutUint32(h[24:], uint32(len(data)))
	if in {
		h = append(h, data...)
	}
	c.write(h)
}

func (c *camera) write(b []byte) {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	c.conn.Write(b)
}

// plug attaches a new camera to the virtual host controller.
func (k *kind) plug(f *faults) (*camera, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	attach := fmt.Sprintf("%d %d %d 3", k.port, fds[1], 1<<16|(k.port+1)) // 3: high speed
	err = os.WriteFile(hcd+"attach", []byte(attach), 0)
	syscall.Close(fds[1])
	if err != nil {
		syscall.Close(fds[0])
		return nil, err
	}
	c := &camera{kind: k, fault: f, conn: os.NewFile(uintptr(fds[0]), "vhci"), bright: 128}
	c.wake = sync.NewCond(&c.mu)
	c.commit = k.probe(1, 1, k.intervals[0])
	go c.serve()
	go c.stream()
	return c, nil
}

func (c *camera) unplug() {
	os.WriteFile(hcd+"detach", []byte(strconv.Itoa(c.kind.port)), 0)
	c.mu.Lock()
	c.gone = true
	c.wake.Broadcast()
	c.mu.Unlock()
	c.conn.Close()
}

// serve answers the kernel's requests.
func (c *camera) serve() {
	h := make([]byte, 48)
	for {
		if _, err := io.ReadFull(c.conn, h); err != nil {
			return
		}
		be := binary.BigEndian.Uint32
		seq := be(h[4:])
		if be(h) == 2 { // USBIP_CMD_UNLINK
			c.unlink(seq, be(h[20:]))
			continue
		}
		in, ep, n := be(h[12:]) == 1, be(h[16:]), int(be(h[24:]))
		var out []byte
		if !in && n > 0 {
			out = make([]byte, n)
			if _, err := io.ReadFull(c.conn, out); err != nil {
				return
			}
		}
		if ep != 0 {
			c.mu.Lock()
			c.pending = append(c.pending, urb{seq, n})
			c.wake.Broadcast()
			c.mu.Unlock()
			continue
		}
		data, ok := c.control(h[40:48], out)
		switch {
		case !ok:
			c.reply(seq, epipe, nil, in)
		case in:
			c.reply(seq, 0, data[:min(len(data), n)], true)
		default:
			c.reply(seq, 0, out, false)
		}
	}
}

func (c *camera) unlink(seq, victim uint32) {
	var status int32
	c.mu.Lock()
	for i, u := range c.pending {
		if u.seq == victim {
			c.pending = append(c.pending[:i], c.pending[i+1:]...)
			status = econnreset
			c.stops++
			break
		}
	}
	c.mu.Unlock()
	h := make([]byte, 48)
	binary.BigEndian.PutUint32(h[0:], 4) // USBIP_RET_UNLINK
	binary.BigEndian.PutUint32(h[4:], seq)
	binary.BigEndian.PutUint32(h[20:], uint32(status))
	c.write(h)
}
