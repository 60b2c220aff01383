//go:build !purego

package preprocess

import "golang.org/x/sys/cpu"

// available lists the loops that this machine can run, fastest first.
func available() (list []*loops) {
	if cpu.X86.HasAVX2 {
		list = append(list, inStrips("avx2", &strips{
			chroma: chromaAVX2, blend: blendAVX2, colours: coloursAVX2, blended: coloursBlendedAVX2, split: splitAVX2, tile: tileAVX2, across: acrossAVX2, down: downAVX2,
		}))
	}
	if cpu.X86.HasSSSE3 && cpu.X86.HasSSE41 {
		list = append(list, inStrips("sse41", &strips{
			chroma: chromaSSE41, blend: blendSSE41, colours: coloursSSE41, blended: coloursBlendedSSE41, split: splitSSE41, tile: tileSSE41, across: acrossSSE41, down: downSSE41,
		}))
	}
	return append(list, plain())
}

// inStrips is plain Go but for strips.
func inStrips(name string, s *strips) *loops {
	l := plain()
	l.name, l.strips = name, s
	return l
}

// chromaAVX2 converts Cb and Cr, for n a multiple of 16 above 0, with planes that are pitch bytes apart:
//
//	for i := range n {
//		x, y := cb[i*step]-128, cr[i*step]-128
//		dst[i], dst[pitch/2+i], dst[pitch+i] = crRed(y), cbGreen(x)+crGreen(y), cbBlue(x)
//		low, high = min(low, x), max(high, x)
//	}
//
// It reads 16*step bytes at once, of both.
//
//go:noescape
func chromaAVX2(dst *int16, pitch int, cb, cr *byte, step, n int, t *chromaTable) (low, high int)

// chromaSSE41 is the same.
//
//go:noescape
func chromaSSE41(dst *int16, pitch int, cb, cr *byte, step, n int, t *chromaTable) (low, high int)

// blendAVX2 mixes two rows, for n a multiple of 16 above 0, with planes that are pitch bytes apart:
//
//	for i := range n {
//		for p := range 3 {
//			v := 3*near[p*pitch/2+i] + far[p*pitch/2+i] // differences fit into 16 bits, this does not
//			dst[p*pitch/2+i] = v >> 2
//			dst[3*pitch/2+i] |= v & 3 << (5 * p)
//		}
//	}
//
//go:noescape
func blendAVX2(dst, near, far *int16, pitch, n int)

// blendSSE41 is the same.
//
//go:noescape
func blendSSE41(dst, near, far *int16, pitch, n int)

// coloursAVX2 adds luma and chroma, for n a multiple of 32 above 0, with planes that are pitch and chromaPitch bytes apart:
//
//	for i := range n {
//		x := uint16(luma[i*step]) + offset
//		for p := range 3 {
//			c := chroma[p*chromaPitch/2:]
//			near, far := c[1+i/2], c[i/2+i%2*2] // whose difference fits into 16 bits
//			carry := (part * x) & 0xffff >> 14
//			v := base + factor*x + (part*x)>>16 + (3*near+far+carry)>>2
//			dst[p*pitch+i] = min(max(v>>6, 0), 255)
//		}
//	}
//
// It reads 32*step bytes of luma at once.
//
//go:noescape
func coloursAVX2(dst *byte, pitch int, luma *byte, step int, chroma *int16, chromaPitch, n int, t *lumaTable)

// coloursSSE41 is the same.
//
//go:noescape
func coloursSSE41(dst *byte, pitch int, luma *byte, step int, chroma *int16, chromaPitch, n int, t *lumaTable)

// coloursBlendedAVX2 is the same for chroma that is blended, with what is below as the fourth plane:
//
//	b := chroma[3*chromaPitch/2:]
//	carry := (part*x)&0xffff>>12 + 3*(b[1+i/2]>>(5*p)&3) + b[i/2+i%2*2]>>(5*p)&3 >> 2
//
//go:noescape
func coloursBlendedAVX2(dst *byte, pitch int, luma *byte, step int, chroma *int16, chromaPitch, n int, t *lumaTable)

// coloursBlendedSSE41 is the same.
//
//go:noescape
func coloursBlendedSSE41(dst *byte, pitch int, luma *byte, step int, chroma *int16, chromaPitch, n int, t *lumaTable)

// splitAVX2 is, for n a multiple of 32 above 0,
//
//	for i := range n {
//		first[i], second[i], third[i] = src[3*i], src[3*i+1], src[3*i+2]
//	}
//
//go:noescape
func splitAVX2(first, second, third, src *byte, n int)

// splitSSE41 is the same.
//
//go:noescape
func splitSSE41(first, second, third, src *byte, n int)

// tileAVX2 is, for n a multiple of 16 above 0,
//
//	for i := range n {
//		for row := range 8 {
//			dst[i/2*16+2*row+i%2] = src[row*pitch+i]
//		}
//	}
//
//go:noescape
func tileAVX2(dst *int16, src *byte, pitch, n int)

// tileSSE41 is the same.
//
//go:noescape
func tileSSE41(dst *int16, src *byte, pitch, n int)

// acrossAVX2 is, for an even number of pairs above 0, with tiles of colours that are colour bytes apart, and pairs of rows that are pitch bytes apart,
//
//	for i := range cells {
//		for c := range 3 {
//			for row := range 8 {
//				sum := 16
//				for k := range 2 * pairs {
//					w := int16(weights[i*pairs+k/2] >> (16 * (k % 2)))
//					sum += w * tiles[c*colour/2+(firsts[i]+k/2)*16+2*row+k%2]
//				}
//				dst[row/2*pitch/2+(i*4+c)*2+row%2] = sum>>5 - 1<<15
//			}
//		}
//	}
//
//go:noescape
func acrossAVX2(dst *int16, pitch int, tiles *int16, colour int, firsts, weights *int32, pairs, cells int)

// acrossSSE41 is the same.
//
//go:noescape
func acrossSSE41(dst *int16, pitch int, tiles *int16, colour int, firsts, weights *int32, pairs, cells int)

// downAVX2 is, for cells a multiple of 8 above 0 and n above 0, with weights that add up to 1<<16,
//
//	for i := range cells {
//		for c := range 3 {
//			sum := uint32(1<<31 + 1<<23)
//			for _, e := range entries[:n] {
//				at := e.offset/2 + 8*i + 2*c
//				sum += e.weights[0]*ring[at] + e.weights[1]*ring[at+1]
//			}
//			dst[3*i+c] = byte(sum>>24 ^ flip)
//		}
//	}
//
// flip has the same four bytes. It writes 4 bytes more.
//
//go:noescape
func downAVX2(dst *byte, ring *int16, entries *entry, n, cells int, flip uint32)

// downSSE41 is the same.
//
//go:noescape
func downSSE41(dst *byte, ring *int16, entries *entry, n, cells int, flip uint32)
