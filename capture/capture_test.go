package capture

import (
	"errors"
	"testing"
)

func TestPixelFormatNames(t *testing.T) {
	for _, p := range PixelFormats() {
		got, err := ParsePixelFormat(p.String())
		if err != nil || got != p {
			t.Errorf("ParsePixelFormat(%q) = %v, %v", p.String(), got, err)
		}
	}
	for _, s := range []string{"", "yuyv", "H264", "YUYV "} {
		if p, err := ParsePixelFormat(s); err == nil {
			t.Errorf("ParsePixelFormat(%q) = %v, want an error", s, p)
		}
	}
	if got := PixelFormat('H' | 0x01<<8 | '6'<<16 | 0xff<<24).String(); got != "H?6?" {
		t.Errorf("unprintable FourCC: %q", got)
	}
	if YUYV.String() != "YUYV" || uint32(YUYV) != 0x56595559 {
		t.Errorf("YUYV = %v, %#x", YUYV, uint32(YUYV))
	}
}

func TestFormatSize(t *testing.T) {
	tests := []struct {
		f    Format
		want int // -1: an error
	}{
		{Packed(YUYV, 640, 480), 640 * 480 * 2},
		{Packed(UYVY, 3, 2), 16},
		{Packed(RGB24, 5, 3), 45},
		{Packed(BGR24, 5, 3), 45},
		{Packed(GREY, 5, 3), 15},
		{Packed(NV12, 4, 4), 24},
		{Packed(NV12, 5, 3), 18 + 6 + 6}, // a chroma row holds three pairs
		{Packed(I420, 4, 4), 24},
		{Packed(I420, 5, 3), 15 + 6 + 3 + 3},
		{Packed(MJPG, 640, 480), 0},
		{Format{Pixel: GREY, Width: 5, Height: 3, Stride: 8}, 8 + 8 + 5},
		{Format{Pixel: NV12, Width: 4, Height: 4, Stride: 8}, 32 + 8 + 4},
		{Format{Pixel: I420, Width: 4, Height: 4, Stride: 8}, 32 + 8 + 4 + 2},
		{Format{Pixel: GREY, Width: 5, Height: 3, Stride: 4}, -1},
		{Format{Pixel: GREY, Width: 5, Height: 3, Stride: -5}, -1},
		{Format{Pixel: 'H', Width: 5, Height: 3, Stride: 50}, -1},
		{Packed(GREY, 0, 3), -1},
		{Packed(GREY, 3, -1), -1},
		{Packed(MJPG, 1<<15+1, 3), -1},
		{Format{}, -1},
	}
	for _, tt := range tests {
		n, err := tt.f.Size()
		if tt.want < 0 && err == nil || tt.want >= 0 && (err != nil || n != tt.want) {
			t.Errorf("%+v: Size = %d, %v; want %d", tt.f, n, err, tt.want)
			continue
		}
		if err != nil {
			continue
		}
		f := Frame{Format: tt.f, Pix: make([]byte, max(n, 4))}
		if err := f.Check(); err != nil {
			t.Errorf("%+v: %v", tt.f, err)
		}
		f.Pix = f.Pix[1:]
		if err := f.Check(); !errors.Is(err, ErrBadFrame) {
			t.Errorf("%+v, one byte less: %v, want ErrBadFrame", tt.f, err)
		}
	}
}

func TestFormatString(t *testing.T) {
	f := Packed(YUYV, 640, 480)
	f.Rate = 29.97
	if got := f.String(); got != "640x480 YUYV 30 fps" {
		t.Errorf("String = %q", got)
	}
}
