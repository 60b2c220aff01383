//go:build linux

package jpeg

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// TestShortCodes holds shortCodes to plain Go over bits of all kinds, where nothing lies around the buffer.
func TestShortCodes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var c component
	var quant [64]uint16
	for _, spec := range []string{typicalLumaAC, typicalChromaAC} {
		var table huffman
		table.define([]byte(spec))
		if err := table.make(acSymbol); err != nil {
			t.Fatal(err)
		}
		for range 3000 {
			for i := range quant {
				quant[i] = uint16(1 + rng.IntN(math.MaxUint16))
			}
			c.setDequant(&quant, 8)
			buf := guard.Slice[byte](t, 8+rng.IntN(40), rng.IntN(2) == 0)
			ones := byte(rng.Uint32()) // what all bytes have: codes of many ones are long
			for i := range buf {
				buf[i] = byte(rng.Uint32()) | ones
			}
			r := bitReader{buf: buf}
			if r.refill(); rng.IntN(2) == 0 {
				r.drop(uint(rng.IntN(57)))
			}
			testShortCodes(t, r, &table, &c.dequant, rng.IntN(20), 1+rng.IntN(62))
		}
	}
}

func testShortCodes(t *testing.T, r bitReader, table *huffman, dequant *[64]coefficient, last, keep int) {
	t.Helper()
	var got, want block
	reference := r
	wantLast, wantEntry := shortCodesPlain(&reference, table, dequant, &want, last, keep)
	gotLast, gotEntry := shortCodes(&r, table, dequant, &got, last, keep)
	if gotLast != wantLast || gotEntry != wantEntry || got != want {
		t.Fatalf("% x: %d, %#x, %d; want %d, %#x, %d", r.buf, gotLast, gotEntry, got, wantLast, wantEntry, want)
	}
	if r.pos != reference.pos || r.have != reference.have || r.acc>>(64-r.have) != reference.acc>>(64-r.have) {
		t.Fatalf("% x: at %d with %d bits, want %d with %d", r.buf, r.pos, r.have, reference.pos, reference.have)
	}
}

// TestPairs holds every pair to the entries of its codes, one after the other.
func TestPairs(t *testing.T) {
	for _, spec := range []string{typicalLumaAC, typicalChromaAC} {
		var table huffman
		table.define([]byte(spec))
		if err := table.make(acSymbol); err != nil {
			t.Fatal(err)
		}
		two := 0
		for i, p := range table.pairs {
			acc := uint64(i) << (64 - lutBits)
			first := table.fast[i]
			if first&entryWide != 0 || first.step() >= endOfBlock {
				if p != noPair {
					t.Fatalf("%010b: %#x (want none)", i, p)
				}
				continue
			}
			last, bits, step := first, first.bits(), first.step()
			next := table.fast[acc<<bits>>(64-lutBits)]
			if next&entryWide == 0 && next.step() < endOfBlock && bits+next.bits() <= lutBits {
				last, bits, step = next, bits+next.bits(), step+next.step()
				two++
			}
			if p.bits() != bits || p.step() != step || p.firstStep() != first.step() || p.firstValue() != first.value(acc) || p.value() != last.value(acc) {
				t.Fatalf("%010b: %#x (want %#x, %#x, %d bits)", i, p, first, last, bits)
			}
		}
		if two < 200 {
			t.Errorf("%d pairs (want at least 200)", two)
		}
	}
}
