package v4l2

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"syscall"
	"unsafe"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/capture"
)

// openWebcam opens a device and returns webcam's file descriptor with it. webcam opens without O_CLOEXEC: no child
// process may start until the flag is set, or it would inherit the camera and keep it busy.
func openWebcam(path string) (*webcam.Webcam, int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	cam, err := webcam.Open(path)
	if err != nil {
		return nil, 0, err
	}
	fd, ok := fileDescriptor(cam)
	if !ok {
		_ = cam.Close()
		return nil, 0, fmt.Errorf("webcam.Webcam has no field fd: this version of the library is not known")
	}
	unix.CloseOnExec(fd)
	return cam, fd, nil
}

// fileDescriptor reads webcam's private field, with which a wait can be cut short. It writes nothing.
func fileDescriptor(cam *webcam.Webcam) (fd int, ok bool) {
	v := reflect.ValueOf(cam).Elem().FieldByName("fd")
	if !v.IsValid() || v.Kind() != reflect.Uintptr {
		return 0, false
	}
	return int(v.Uint()), true
}

// unmapLeft unmaps the buffers of a stream that did not start; those of one that did are webcam's to unmap.
func unmapLeft(cam *webcam.Webcam) {
	v := reflect.ValueOf(cam).Elem()
	streaming, buffers := v.FieldByName("streaming"), v.FieldByName("buffers")
	if !streaming.IsValid() || streaming.Bool() || !buffers.IsValid() {
		return
	}
	for i := range buffers.Len() {
		if b := buffers.Index(i).Bytes(); len(b) > 0 {
			_ = unix.Munmap(b) // EINVAL if it is unmapped already
		}
	}
}

// pixFormat is struct v4l2_format of linux/videodev2.h with struct v4l2_pix_format as its union. The union is 200 bytes
// and as aligned as a pointer.
type pixFormat struct {
	kind uint32 // enum v4l2_buf_type
	_    [0]uintptr
	pix  [200]byte
}

const bufTypeVideoCapture = 1 // V4L2_BUF_TYPE_VIDEO_CAPTURE

// getFormat asks a device for its format, by a file of its own that is closed again.
func getFormat(path string) (agreed, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return agreed{}, err
	}
	defer unix.Close(fd)
	f := pixFormat{kind: bufTypeVideoCapture}
	// VIDIOC_G_FMT: _IOWR('V', 4, struct v4l2_format), asm-generic/ioctl.h
	request := uintptr(3<<30 | unsafe.Sizeof(f)<<16 | 'V'<<8 | 4)
	err = retry(func() error {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(&f))); errno != 0 {
			return errno
		}
		return nil
	})
	if err != nil {
		return agreed{}, err
	}
	return parsePix(f.pix[:]), nil
}

// parsePix reads struct v4l2_pix_format: width, height, pixelformat, field, bytesperline, sizeimage, colorspace, priv,
// flags, ycbcr_enc, quantization. The last three count only with the magic number in priv, which the kernel sets.
func parsePix(p []byte) agreed {
	const (
		colorspaceJPEG        = 7          // V4L2_COLORSPACE_JPEG
		privMagic             = 0xfeedcafe // V4L2_PIX_FMT_PRIV_MAGIC
		quantizationDefault   = 0          // V4L2_QUANTIZATION_DEFAULT: full for JPEG, else limited
		quantizationFullRange = 1          // V4L2_QUANTIZATION_FULL_RANGE
	)
	at := func(i int) uint32 { return binary.NativeEndian.Uint32(p[4*i:]) }
	quantization := uint32(quantizationDefault)
	if at(7) == privMagic {
		quantization = at(10)
	}
	return agreed{
		fullRange: quantization == quantizationFullRange || quantization == quantizationDefault && at(6) == colorspaceJPEG,
		width:     int(at(0)), height: int(at(1)), pixel: capture.PixelFormat(at(2)),
		bytesPerLine: int(at(4)), sizeImage: int(at(5)),
	}
}
