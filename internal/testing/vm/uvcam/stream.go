package main

import (
	"bytes"
	"encoding/binary"
	"sync"
	"time"
)

const maxPayload = 16384 // one payload for each URB of uvcvideo (32 packets of 512 bytes)

// faults are set by commands; they outlive unplugging.
type faults struct {
	sync.Mutex
	frozen            bool
	truncate, garbage bool
	errors, stalls    int // frames left
	rate              int // frames per second; 0: as asked
	shown             int // the file that is sent, from 1; 0: all, in turn
}

// only is the file that is sent.
func (f *faults) only() int {
	f.Lock()
	defer f.Unlock()
	return f.shown
}

// next waits for an URB to fill; false when the camera is unplugged. The URB stays
// pending until complete, as the kernel may still take it back.
func (c *camera) next() (u urb, stops int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.pending) == 0 && !c.gone {
		c.wake.Wait()
	}
	if c.gone {
		return u, 0, false
	}
	return c.pending[0], c.stops, true
}

// complete answers an URB; false when the kernel has taken it back.
func (c *camera) complete(u urb, status int32, data []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) == 0 || c.pending[0].seq != u.seq {
		return false
	}
	c.pending = c.pending[1:]
	c.reply(u.seq, status, data, true)
	return true
}

// apply bends frame n, which is due every so often, as the faults want it.
func (f *faults) apply(frame []byte, every time.Duration) (bent shot) {
	f.Lock()
	defer f.Unlock()
	bent = shot{frame: frame, every: every, frozen: f.frozen}
	if f.rate > 0 {
		bent.every = time.Second / time.Duration(f.rate)
	}
	if f.frozen {
		return bent
	}
	if f.stalls > 0 {
		f.stalls--
		bent.stall = true
	}
	if f.errors > 0 {
		f.errors--
		bent.flags = 0x40
	}
	if f.truncate {
		bent.frame = frame[:len(frame)/2]
	}
	if f.garbage {
		bent.frame = bytes.Repeat([]byte{0xa5}, len(frame))
	}
	return bent
}

// shot is one frame as it is sent.
type shot struct {
	frame         []byte
	every         time.Duration
	flags         byte // of its payload headers
	frozen, stall bool // not sent at all; answered with a stall
}

// stream sends frames for as long as the kernel asks for them.
func (c *camera) stream() {
	var due time.Time
	for n := 0; ; n++ {
		u, stops, ok := c.next()
		if !ok {
			return
		}
		c.mu.Lock()
		format, s := c.kind.formats[c.commit[2]-1], c.kind.sizes[c.commit[3]-1]
		every := time.Duration(binary.LittleEndian.Uint32(c.commit[4:])) * 100
		c.mu.Unlock()
		shot := c.fault.apply(c.kind.pictures.next(format, s, n, c.fault.only()), every)
		if shot.frozen {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		// A frame is due an interval after the last, or now after a pause.
		if due = due.Add(shot.every); time.Since(due) > shot.every {
			due = time.Now()
		}
		time.Sleep(time.Until(due))
		if shot.stall {
			c.complete(u, epipe, nil)
			continue
		}
		if !c.send(shot, byte(n&1), stops) {
			return
		}
	}
}

// send sends one frame in payloads; false when the camera is unplugged. The header of each is 2 bytes (UVC 1.1, 2.4.3.3).
func (c *camera) send(shot shot, id byte, stops int) bool {
	for frame := shot.frame; len(frame) > 0; {
		u, now, ok := c.next()
		if !ok {
			return false
		}
		k := min(u.len-2, maxPayload-2, len(frame))
		info := 0x80 | id | shot.flags
		if k == len(frame) {
			info |= 2 // end of frame
		}
		if now != stops || !c.complete(u, 0, append([]byte{2, info}, frame[:k]...)) {
			break // the stream was stopped: the rest of the frame is void
		}
		frame = frame[k:]
	}
	return true
}
