package jpeg

// tables are what DQT, DHT and DRI segments set. The Huffman tables outlive a picture, since most cameras send the same
// ones with each frame, but are defined anew by each.
type tables struct {
	quant    [4][64]uint16 // in zigzag order
	hasQuant [4]bool
	dc, ac   [4]huffman
	hasDC    [4]bool
	hasAC    [4]bool
	interval int // MCUs between restart markers; 0: there are none

	conditioning conditioning // of arithmetic coding
}

// forget makes every table undefined.
func (t *tables) forget() {
	t.hasQuant, t.hasDC, t.hasAC = [4]bool{}, [4]bool{}, [4]bool{}
	t.interval = 0
	t.conditioning = defaultConditioning()
}

// parseDQT reads quantization tables (B.2.4.1 of the standard).
func (t *tables) parseDQT(b []byte) error {
	for len(b) > 0 {
		wide, id := int(b[0]>>4), b[0]&15
		b = b[1:]
		if wide > 1 || id > 3 {
			return malformed("quantization table %d of type %d", id, wide)
		}
		if len(b) < 64*(1+wide) {
			return malformed("quantization table cut short")
		}
		for k := range 64 {
			if wide == 1 {
				t.quant[id][k] = uint16(b[2*k])<<8 | uint16(b[2*k+1])
			} else {
				t.quant[id][k] = uint16(b[k])
			}
		}
		t.hasQuant[id] = true
		b = b[64*(1+wide):]
	}
	return nil
}

// parseDHT reads Huffman tables (B.2.4.2 of the standard).
func (t *tables) parseDHT(b []byte) error {
	for len(b) > 0 {
		class, id := b[0]>>4, b[0]&15
		if class > 1 || id > 3 {
			return malformed("huffman table %d of class %d", id, class)
		}
		if len(b) < 17 {
			return malformed("huffman table cut short")
		}
		n := 0
		for _, c := range b[1:17] {
			n += int(c)
		}
		if n > 256 || len(b) < 17+n {
			return malformed("huffman table of %d codes in %d bytes", n, len(b)-17)
		}
		t.define(class, id, b[1:17+n])
		b = b[17+n:]
	}
	return nil
}

// define defines a DC (0) or AC (1) table.
func (t *tables) define(class, id byte, spec []byte) {
	if class == 0 {
		t.hasDC[id] = true
		t.dc[id].define(spec)
	} else {
		t.hasAC[id] = true
		t.ac[id].define(spec)
	}
}

// parseDRI reads the restart interval (B.2.4.4 of the standard).
func (t *tables) parseDRI(b []byte) error {
	if len(b) != 2 {
		return malformed("restart interval of %d bytes", len(b))
	}
	t.interval = int(b[0])<<8 | int(b[1])
	return nil
}

// supplyHuffman defines the typical tables of annex K.3 where a picture has no Huffman tables at all: the UVC payload
// specification for motion JPEG lets cameras leave them out.
func (t *tables) supplyHuffman() {
	if t.hasDC == [4]bool{} && t.hasAC == [4]bool{} {
		t.define(0, 0, []byte(typicalLumaDC))
		t.define(0, 1, []byte(typicalChromaDC))
		t.define(1, 0, []byte(typicalLumaAC))
		t.define(1, 1, []byte(typicalChromaAC))
	}
}
