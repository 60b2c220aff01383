package spool

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/inceptiond/inceptiond/internal/order"
)

// span is a run of ordinals.
type span struct{ first, last uint64 }

// addSpan adds an ordinal, which as a rule follows the one before.
func addSpan(spans []span, ordinal uint64) []span {
	if n := len(spans); n > 0 && spans[n-1].last+1 == ordinal {
		spans[n-1].last = ordinal
		return spans
	}
	return append(spans, span{ordinal, ordinal})
}

// sortSpans sorts spans by their first, and joins those that overlap.
func sortSpans(spans []span) []span {
	order.Sort(spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && s.first <= joined[n-1].last {
			joined[n-1].last = max(joined[n-1].last, s.last)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// contains tells whether ordinal is in one of spans, which are sorted.
func contains(spans []span, ordinal uint64) bool {
	i, found := slices.BinarySearchFunc(spans, ordinal, func(s span, o uint64) int { return cmp.Compare(s.first, o) })
	return found || i > 0 && ordinal <= spans[i-1].last
}

// maxSpans fit into the body of a record.
const maxSpans = (maxBody - 1) / 16

func appendDone(dst []byte, spans []span) []byte {
	for some := range slices.Chunk(spans, maxSpans) {
		dst = appendRecord(dst, func(b []byte) []byte {
			b = append(b, typeDone)
			for _, s := range some {
				b = binary.LittleEndian.AppendUint64(b, s.first)
				b = binary.LittleEndian.AppendUint64(b, s.last)
			}
			return b
		})
	}
	return dst
}

func parseDone(b []byte) ([]span, error) {
	if len(b)%16 != 1 || b[0] != typeDone {
		return nil, errDamaged
	}
	var spans []span
	for b = b[1:]; len(b) > 0; b = b[16:] {
		s := span{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
		if s.first > s.last {
			return nil, errDamaged
		}
		spans = append(spans, s)
	}
	return spans, nil
}
