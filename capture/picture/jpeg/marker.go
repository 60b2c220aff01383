package jpeg

import "bytes"

// Markers: the byte after FF (table B.1 of the standard).
const (
	mSOF0  = 0xC0 // to mSOF15: start of frame, save for the three that follow
	mDHT   = 0xC4
	mJPG   = 0xC8
	mDAC   = 0xCC
	mSOF15 = 0xCF
	mRST0  = 0xD0
	mRST7  = 0xD7
	mSOI   = 0xD8
	mEOI   = 0xD9
	mSOS   = 0xDA
	mDQT   = 0xDB
	mDNL   = 0xDC
	mDRI   = 0xDD
	mAPP0  = 0xE0
	mAPP1  = 0xE1
	mAPP14 = 0xEE
	mAPP15 = 0xEF
	mCOM   = 0xFE
	mSOF55 = 0xF7 // start of frame of JPEG-LS (ISO/IEC 14495-1)
)

// maxLeading is how far into a picture's bytes its start marker is looked for: some cameras send a line break or the rest
// of a header before it.
const maxLeading = 4 << 10

// start is where the picture in p starts, -1 if there is none.
func start(p []byte) int { return bytes.Index(p[:min(len(p), maxLeading)], []byte{0xFF, mSOI}) }

// markerAt reads the marker whose FF is p[i], over fill bytes, and returns where its segment starts. A marker of 0 is
// no marker but a stuffed FF; next is 0 if p ends first.
func markerAt(p []byte, i int) (marker byte, next int) {
	for i < len(p) && p[i] == 0xFF {
		i++
	}
	if i >= len(p) {
		return 0, 0
	}
	return p[i], i + 1
}

// standsAlone tells whether a marker has no segment. Reserved ones, below SOF0, have none either: an FF with one of them
// behind it is only found among bytes that belong to nothing.
func standsAlone(marker byte) bool {
	return marker < mSOF0 || mRST0 <= marker && marker <= mEOI
}

// isRestart tells whether a marker is one of those between the intervals of a scan.
func isRestart(marker byte) bool { return mRST0 <= marker && marker <= mRST7 }

// isFrameHeader tells whether a marker starts a frame header.
func isFrameHeader(marker byte) bool {
	return mSOF0 <= marker && marker <= mSOF15 && marker != mDHT && marker != mJPG && marker != mDAC || marker == mSOF55
}

// segmentLength is the number of bytes of the segment that starts at p[i], the two that hold it included; ok is false
// if p ends before them. Less than 2 is damage.
func segmentLength(p []byte, i int) (n int, ok bool) {
	if i+2 > len(p) {
		return 0, false
	}
	return be16(p[i:]), true
}

// frameSize is the picture's size in pixels in the body of a frame header, of 5 bytes or more: precision, height, width
// (B.2.2 of the standard).
func frameSize(body []byte) (width, height int) { return be16(body[3:]), be16(body[1:]) }

// be16 is the number in the first two bytes of p.
func be16(p []byte) int { return int(p[0])<<8 | int(p[1]) }
