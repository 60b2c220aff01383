//go:build !purego

package preprocess

import "golang.org/x/sys/cpu"

// available lists the loops that this machine can run, fastest first.
func available() (list []*loops) {
	x := &cpu.X86
	if x.HasAVX512BW && x.HasAVX512VBMI && x.HasAVX512VNNI {
		list = append(list, inStrips("avx512", &strips{
			64, 16, chromaAVX512, coloursAVX512, coloursMixedAVX512, orderAVX512, splitAVX512, tileAVX512, acrossAVX512, downAVX512,
		}))
	}
	if x.HasAVX2 {
		list = append(list, inStrips("avx2", &strips{
			32, 8, chromaAVX2, coloursAVX2, coloursMixedAVX2, orderAVX2, splitAVX2, tileAVX2, acrossAVX2, downAVX2,
		}))
	}
	if x.HasSSSE3 && x.HasSSE41 {
		list = append(list, inStrips("sse41", &strips{
			32, 8, chromaSSE41, coloursSSE41, coloursMixedSSE41, orderSSE41, splitSSE41, tileSSE41, acrossSSE41, downSSE41,
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

// What the loops do is said once, for those of AVX-512; those of AVX2 and SSE4.1 do blocks of 32 pixels, and strips of 8 rows.

// chromaAVX512 converts Cb and Cr, for n a multiple of half a block above 0, with planes that are pitch bytes apart:
//
//	for i := range n {
//		x, y := cb[i*step]-128, cr[i*step]-128
//		dst[i], dst[pitch/2+i], dst[pitch+i] = crRed(y), cbGreen(x)+crGreen(y), cbBlue(x)
//	}
//
// It reads step bytes of both for each.
//
//go:noescape
func chromaAVX512(dst *int16, pitch int, cb, cr *byte, step, n int, t *chromaTable)

//go:noescape
func chromaAVX2(dst *int16, pitch int, cb, cr *byte, step, n int, t *chromaTable)

//go:noescape
func chromaSSE41(dst *int16, pitch int, cb, cr *byte, step, n int, t *chromaTable)

// coloursAVX512 adds luma and chroma, for n a multiple of a block above 0, with planes that are pitch and chromaPitch bytes apart:
//
//	for i := range n {
//		v := (base + factor*111*luma[i*step]) >> 13
//		for p := range 3 {
//			c := chroma[p*chromaPitch/2:]
//			dst[p*pitch+ordered(i)] = min(max((v + 3*c[1+i/2] + c[i/2+i%2*2])>>8, 0), 255)
//		}
//	}
//
// It reads step bytes of luma for each.
//
//go:noescape
func coloursAVX512(dst *byte, pitch int, luma *byte, step int, chroma *int16, chromaPitch, n int, t *lumaTable)

//go:noescape
func coloursAVX2(dst *byte, pitch int, luma *byte, step int, chroma *int16, chromaPitch, n int, t *lumaTable)

//go:noescape
func coloursSSE41(dst *byte, pitch int, luma *byte, step int, chroma *int16, chromaPitch, n int, t *lumaTable)

// coloursMixedAVX512 is the same for two rows of chroma, with 3*near + far for chroma, a shift by 10, and, of a luma of y,
//
//	v := base + whole*y + (y+offset)*part>>16
//
//go:noescape
func coloursMixedAVX512(dst *byte, pitch int, luma *byte, step int, near, far *int16, chromaPitch, n int, t *mixedTable)

//go:noescape
func coloursMixedAVX2(dst *byte, pitch int, luma *byte, step int, near, far *int16, chromaPitch, n int, t *mixedTable)

//go:noescape
func coloursMixedSSE41(dst *byte, pitch int, luma *byte, step int, near, far *int16, chromaPitch, n int, t *mixedTable)

// orderAVX512 is, for n a multiple of a block above 0,
//
//	for i := range n {
//		dst[ordered(i)] = src[i]
//	}
//
//go:noescape
func orderAVX512(dst, src *byte, n int)

//go:noescape
func orderAVX2(dst, src *byte, n int)

//go:noescape
func orderSSE41(dst, src *byte, n int)

// splitAVX512 is, for n a multiple of a block above 0,
//
//	for i := range n {
//		first[ordered(i)], second[ordered(i)], third[ordered(i)] = src[3*i], src[3*i+1], src[3*i+2]
//	}
//
//go:noescape
func splitAVX512(first, second, third, src *byte, n int)

//go:noescape
func splitAVX2(first, second, third, src *byte, n int)

//go:noescape
func splitSSE41(first, second, third, src *byte, n int)

// tileAVX512 is, for n a multiple of 16 above 0, with rows the rows of a strip,
//
//	for i := range n {
//		for row := range rows {
//			dst[i/2*2*rows+2*row+i%2] = src[row*pitch+ordered(i)]
//		}
//	}
//
//go:noescape
func tileAVX512(dst *int16, src *byte, pitch, n int)

//go:noescape
func tileAVX2(dst *int16, src *byte, pitch, n int)

//go:noescape
func tileSSE41(dst *int16, src *byte, pitch, n int)

// acrossAVX512 is, for an even number of pairs above 0, with tiles of colours that are colour bytes apart, and pairs of rows that are
// pitch bytes apart,
//
//	for i := range cells {
//		for c := range 3 {
//			for row := range rows {
//				sum := 16
//				for k := range 2 * pairs {
//					w := int16(weights[i*pairs+k/2] >> (16 * (k % 2)))
//					sum += w * tiles[c*colour/2+(firsts[i]+k/2)*2*rows+2*row+k%2]
//				}
//				dst[row/2*pitch/2+(i*4+c)*2+row%2] = sum>>5 - 1<<15
//			}
//		}
//	}
//
//go:noescape
func acrossAVX512(dst *int16, pitch int, tiles *int16, colour int, firsts, weights *int32, pairs, cells int)

//go:noescape
func acrossAVX2(dst *int16, pitch int, tiles *int16, colour int, firsts, weights *int32, pairs, cells int)

//go:noescape
func acrossSSE41(dst *int16, pitch int, tiles *int16, colour int, firsts, weights *int32, pairs, cells int)

// downAVX512 is, for cells a multiple of 16 (the others: of 8) above 0 and n above 0, with weights that add up to 1<<16,
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
// flip has the same four bytes. The others write 4 bytes more.
//
//go:noescape
func downAVX512(dst *byte, ring *int16, entries *entry, n, cells int, flip uint32)

//go:noescape
func downAVX2(dst *byte, ring *int16, entries *entry, n, cells int, flip uint32)

//go:noescape
func downSSE41(dst *byte, ring *int16, entries *entry, n, cells int, flip uint32)
