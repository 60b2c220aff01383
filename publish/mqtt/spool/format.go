package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// A segment is a file: a header, then records back to back. Numbers are little-endian.
//
//	record  mark (4 bytes)  length of body (4)  CRC-32C of length and body (4)  body
//	body    type (1), then
//	  event 'E'  ordinal (8)  sequence (8)  Unix time in ms (8)  monotonic time in ns (8)  flags (1)
//	             length of boot (1)  boot  length of topic (2)  topic  payload
//	  state 'S'  acknowledged up to this ordinal (8)  losses by bytes, age, memory, damage (8 each)
//	  done  'A'  acknowledged beyond that: from one ordinal (8) to another (8), as often as there is
//
// The ordinal counts the events of the spool through all boots. The mark is no part of any UTF-8 text, so a reader finds
// the next record behind a damaged one.
const (
	header     = "inceptiond spl1\n"
	headSize   = 12
	typeEvent  = 'E'
	typeState  = 'S'
	typeDone   = 'A'
	stateSize  = 1 + 5*8
	eventFixed = 1 + 4*8 + 1 + 1 + 2
	maxBody    = 64 << 10
	flagSynced = 1

	// maxResync ends the search for records in a file that is nothing but false marks.
	maxResync = 1000
)

var (
	mark       = []byte{0xf5, 'e', 'v', 0xfa}
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

var errDamaged = errors.New("spool: damaged record")

// state is what a spool remembers beside its events. The last one written counts.
type state struct {
	acked  uint64 // the ordinal up to which everything was acknowledged or given up
	losses Losses
}

// appendRecord appends a record with the body that fill appends.
func appendRecord(dst []byte, fill func([]byte) []byte) []byte {
	start := len(dst)
	dst = append(dst, mark...)
	dst = append(dst, make([]byte, headSize-len(mark))...)
	dst = fill(dst)
	binary.LittleEndian.PutUint32(dst[start+4:], uint32(len(dst)-start-headSize))
	binary.LittleEndian.PutUint32(dst[start+8:], sum(dst[start+4:start+8], dst[start+headSize:]))
	return dst
}

func sum(length, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(length, castagnoli), castagnoli, body)
}

func appendEvent(dst []byte, ordinal uint64, r Record) []byte {
	return appendRecord(dst, func(b []byte) []byte {
		b = append(b, typeEvent)
		b = binary.LittleEndian.AppendUint64(b, ordinal)
		b = binary.LittleEndian.AppendUint64(b, r.Sequence)
		b = binary.LittleEndian.AppendUint64(b, uint64(r.Time.UnixMilli()))
		b = binary.LittleEndian.AppendUint64(b, uint64(r.Monotonic))
		var flags byte
		if r.ClockSynced {
			flags |= flagSynced
		}
		b = append(b, flags, byte(len(r.Boot)))
		b = append(b, r.Boot...)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(r.Topic)))
		b = append(b, r.Topic...)
		return append(b, r.Payload...)
	})
}

func appendState(dst []byte, s state) []byte {
	return appendRecord(dst, func(b []byte) []byte {
		b = append(b, typeState)
		for _, n := range []uint64{s.acked, s.losses.Bytes, s.losses.Age, s.losses.Memory, s.losses.Damaged} {
			b = binary.LittleEndian.AppendUint64(b, n)
		}
		return b
	})
}

// recordSize is the size of r on the disk.
func recordSize(r Record) int {
	return headSize + eventFixed + len(r.Boot) + len(r.Topic) + len(r.Payload)
}

// body checks the record at the start of data and returns its body.
func body(data []byte) ([]byte, error) {
	if len(data) < headSize || !bytes.Equal(data[:4], mark) {
		return nil, errDamaged
	}
	n := binary.LittleEndian.Uint32(data[4:])
	if n == 0 || n > maxBody || int(n) > len(data)-headSize {
		return nil, errDamaged
	}
	b := data[headSize : headSize+int(n)]
	if binary.LittleEndian.Uint32(data[8:]) != sum(data[4:8], b) {
		return nil, errDamaged
	}
	return b, nil
}

// parseEvent reads the body of an event. The payload is a part of b.
func parseEvent(b []byte) (ordinal uint64, r Record, err error) {
	if len(b) < eventFixed || b[0] != typeEvent {
		return 0, r, errDamaged
	}
	u64 := func(i int) uint64 { return binary.LittleEndian.Uint64(b[1+8*i:]) }
	ordinal, r.Sequence = u64(0), u64(1)
	r.Time, r.Monotonic = time.UnixMilli(int64(u64(2))), time.Duration(u64(3))
	r.ClockSynced = b[33]&flagSynced != 0
	rest := b[35:]
	boot := int(b[34])
	if len(rest) < boot+2 {
		return 0, r, errDamaged
	}
	r.Boot, rest = string(rest[:boot]), rest[boot:]
	topic := int(binary.LittleEndian.Uint16(rest))
	if rest = rest[2:]; len(rest) < topic {
		return 0, r, errDamaged
	}
	r.Topic, r.Payload = string(rest[:topic]), rest[topic:]
	return ordinal, r, nil
}

func parseState(b []byte) (s state, err error) {
	if len(b) != stateSize || b[0] != typeState {
		return s, errDamaged
	}
	for i, n := range []*uint64{&s.acked, &s.losses.Bytes, &s.losses.Age, &s.losses.Memory, &s.losses.Damaged} {
		*n = binary.LittleEndian.Uint64(b[1+8*i:])
	}
	return s, nil
}

// scan calls record with the body of each whole record of a segment and where the record is. It returns how many
// stretches between and behind them are damaged: a record that a power cut left half written, or worse. Zeros at the
// end are none: some file systems leave them for what was not written at all.
func scan(data []byte, record func(offset, size int, body []byte)) (damaged int) {
	at := 0
	if bytes.HasPrefix(data, []byte(header)) {
		at = len(header)
	}
	for tries := 0; at < len(data); {
		b, err := body(data[at:])
		if err == nil {
			size := headSize + len(b)
			record(at, size, b)
			at += size
			continue
		}
		next := nextRecord(data, at+1, &tries)
		if next < len(data) || len(bytes.TrimRight(data[at:], "\x00")) > 0 {
			damaged++
		}
		at = next
	}
	return damaged
}

// nextRecord finds the next whole record, or the end.
func nextRecord(data []byte, from int, tries *int) int {
	for from < len(data) && *tries < maxResync {
		i := bytes.Index(data[from:], mark)
		if i < 0 {
			break
		}
		from += i
		if _, err := body(data[from:]); err == nil {
			return from
		}
		from++
		*tries++
	}
	return len(data)
}
