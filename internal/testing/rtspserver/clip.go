package rtspserver

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"time"
)

// Codec is how a clip's pictures are coded.
type Codec int

// The codecs of a Clip.
const (
	H264 Codec = iota
	H265
)

// Clip is a short film.
type Clip struct {
	Codec Codec
	Rate  float64    // pictures per second
	Units [][][]byte // pictures (access units) of NAL units without start codes

	Bare bool // the SDP says nothing of the stream's parameters, as cameras do that send them before key frames only
}

// Parse divides data, a stream with start codes (H.264 and H.265, annex B), into pictures.
func Parse(codec Codec, rate float64, data []byte) Clip {
	c := Clip{Codec: codec, Rate: rate}
	var unit [][]byte
	seen := false // a slice of this picture
	for _, nal := range split(data) {
		slice, first := c.slice(nal)
		if seen && (first || !slice) {
			c.Units, unit, seen = append(c.Units, unit), nil, false
		}
		unit = append(unit, nal)
		seen = seen || slice
	}
	if seen {
		c.Units = append(c.Units, unit)
	}
	return c
}

// split finds the NAL units between start codes: 00 00 01.
func split(data []byte) [][]byte {
	var nals [][]byte
	for i, part := range bytes.Split(data, []byte{0, 0, 1}) {
		if part = bytes.TrimRight(part, "\x00"); i > 0 && len(part) > 2 {
			nals = append(nals, part)
		}
	}
	return nals
}

// kind is the type of a NAL unit.
func (c Clip) kind(nal []byte) int {
	if c.Codec == H265 {
		return int(nal[0] >> 1 & 63)
	}
	return int(nal[0] & 31)
}

// slice tells whether nal is part of a picture's samples, and the first one: first_mb_in_slice is 0 in H.264,
// first_slice_segment_in_pic_flag is set in H.265.
func (c Clip) slice(nal []byte) (slice, first bool) {
	k := c.kind(nal)
	if c.Codec == H265 {
		return k < 32, nal[2]&0x80 != 0
	}
	return k >= 1 && k <= 5, nal[1]&0x80 != 0
}

// isKey tells whether a picture can be decoded without others.
func (c Clip) isKey(unit [][]byte) bool {
	for _, nal := range unit {
		if k := c.kind(nal); c.Codec == H264 && k == 5 || c.Codec == H265 && k >= 16 && k <= 21 {
			return true
		}
	}
	return false
}

// WithoutKeys is the clip without the pictures that a viewer could begin with.
func (c Clip) WithoutKeys() Clip {
	units := c.Units
	c.Units = nil
	for _, u := range units {
		if !c.isKey(u) {
			c.Units = append(c.Units, u)
		}
	}
	return c
}

// sdp describes the clip (RFC 8866, RFC 6184, RFC 7798).
func (c Clip) sdp() string {
	name, params := "H264", ""
	if c.Codec == H265 {
		name = "H265"
	}
	if !c.Bare {
		params = "a=fmtp:96 packetization-mode=1" + c.parameters() + "\r\n"
	}
	return "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n" +
		"m=video 0 RTP/AVP 96\r\na=rtpmap:96 " + name + "/90000\r\n" + params + "a=control:trackID=0\r\n"
}

// parameters are the clip's parameter sets as the SDP has them.
func (c Clip) parameters() string {
	names := map[int]string{7: "sprop-parameter-sets=", 8: ","}
	if c.Codec == H265 {
		names = map[int]string{32: "sprop-vps=", 33: "sprop-sps=", 34: "sprop-pps="}
	}
	text := ""
	for _, nal := range c.Units[0] {
		name, found := names[c.kind(nal)]
		if !found {
			continue
		}
		if name != "," {
			name = ";" + name
		}
		text += name + base64.StdEncoding.EncodeToString(nal)
	}
	return text
}

// maxPayload keeps packets below an Ethernet frame, in bytes.
const maxPayload = 1400

// Clip plays c again and again, in real time, until the viewer has gone.
func (p *Player) Clip(c Clip) error {
	if len(c.Units) == 0 {
		return fmt.Errorf("rtspserver: a clip without pictures")
	}
	begin := time.Now()
	for n := 0; ; n++ {
		due := begin.Add(time.Duration(float64(n) / c.Rate * float64(time.Second)))
		if err := p.Wait(time.Until(due)); err != nil {
			return err
		}
		if err := p.Unit(c, n, uint32(float64(n)*90000/c.Rate)); err != nil {
			return err
		}
	}
}

// Unit sends the picture number n of c, counted round and round, with a time in 1/90000 s.
func (p *Player) Unit(c Clip, n int, timestamp uint32) error {
	unit := c.Units[n%len(c.Units)]
	for i, nal := range unit {
		if err := p.nal(c.Codec, nal, timestamp, i == len(unit)-1); err != nil {
			return err
		}
	}
	return nil
}

// nal sends a NAL unit: whole if it is small, else in fragments (FU-A of RFC 6184, FU of RFC 7798).
func (p *Player) nal(codec Codec, nal []byte, timestamp uint32, last bool) error {
	if len(nal) <= maxPayload {
		return p.Packet(last, timestamp, nal)
	}
	head, kind := []byte{nal[0]&0xE0 | 28}, nal[0]&31
	rest := nal[1:]
	if codec == H265 {
		head, kind = []byte{nal[0]&0x81 | 49<<1, nal[1]}, nal[0]>>1&63
		rest = nal[2:]
	}
	for start := byte(0x80); len(rest) > 0; start = 0 {
		n := min(maxPayload, len(rest))
		end := byte(0)
		if n == len(rest) {
			end = 0x40
		}
		payload := append(append(append([]byte(nil), head...), start|end|kind), rest[:n]...)
		if err := p.Packet(last && end != 0, timestamp, payload); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}
