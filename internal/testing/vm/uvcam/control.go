package main

import "encoding/binary"

// probe is the answer to a stream negotiation for a format and frame index.
func (k *kind) probe(format, frame int, interval uint32) (b [26]byte) {
	format = min(max(format, 1), len(k.formats))
	frame = min(max(frame, 1), len(k.sizes))
	best := k.intervals[0]
	for _, v := range k.intervals {
		if distance(v, interval) < distance(best, interval) {
			best = v
		}
	}
	s := k.sizes[frame-1]
	b[0], b[2], b[3] = 1, byte(format), byte(frame)
	copy(b[4:], le32(best))
	copy(b[18:], le32(uint32(s.w*s.h*2)))
	copy(b[22:], le32(maxPayload))
	return b
}

// distance between two frame intervals.
func distance(a, b uint32) uint32 { return max(a, b) - min(a, b) }

// control answers a request to endpoint 0; false stalls it.
func (c *camera) control(setup, out []byte) ([]byte, bool) {
	typ, req := setup[0], setup[1]
	value, index := binary.LittleEndian.Uint16(setup[2:]), binary.LittleEndian.Uint16(setup[4:])
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case typ&0x60 == 0:
		return c.standard(req, value)
	case index == 1 && (value>>8 == 1 || value>>8 == 2): // VS_PROBE_CONTROL, VS_COMMIT_CONTROL
		return c.negotiate(req, out)
	case index == 2<<8 && value>>8 == 2:
		return c.brightness(req, out)
	}
	return nil, false
}

// standard answers the requests of every USB device.
func (c *camera) standard(req byte, value uint16) ([]byte, bool) {
	switch req {
	case 6: // GET_DESCRIPTOR
		switch value >> 8 {
		case 1:
			return c.kind.deviceDescriptor(), true
		case 2:
			return c.kind.configDescriptor(), true
		case 3:
			if value&0xff <= 3 {
				return c.kind.stringDescriptor(int(value & 0xff)), true
			}
		}
		return nil, false
	case 0: // GET_STATUS
		return []byte{0, 0}, true
	case 8, 10: // GET_CONFIGURATION, GET_INTERFACE
		return []byte{byte(9-req) & 1}, true
	}
	return nil, true // SET_CONFIGURATION, SET_INTERFACE, CLEAR_FEATURE
}

// negotiate answers requests about the stream's format.
func (c *camera) negotiate(req byte, out []byte) ([]byte, bool) {
	switch req {
	case 0x01: // SET_CUR
		if len(out) >= 26 {
			c.commit = c.kind.probe(int(out[2]), int(out[3]), binary.LittleEndian.Uint32(out[4:]))
		}
		return nil, true
	case 0x85:
		return le16(26), true // GET_LEN
	case 0x86:
		return []byte{3}, true // GET_INFO
	case 0x82, 0x83: // GET_MIN, GET_MAX
		p := c.kind.probe(int(c.commit[2]), int(c.commit[3]), c.kind.intervals[0])
		return p[:], true
	}
	return c.commit[:], true // GET_CUR, GET_DEF
}

// brightness answers requests about the one control of the processing unit.
func (c *camera) brightness(req byte, out []byte) ([]byte, bool) {
	switch req {
	case 0x01:
		if len(out) >= 2 {
			c.bright = int(int16(binary.LittleEndian.Uint16(out)))
		}
		return nil, true
	case 0x81:
		return le16(c.bright), true
	case 0x82:
		return le16(0), true
	case 0x83:
		return le16(255), true
	case 0x84:
		return le16(1), true
	case 0x85:
		return le16(2), true
	case 0x86:
		return []byte{3}, true
	case 0x87:
		return le16(128), true
	}
	return nil, false
}
