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

// mappedBuffers are the driver's buffers, which webcam has mapped to start the stream. They are gone once it is closed.
func mappedBuffers(cam *webcam.Webcam) [][]byte {
	v := reflect.ValueOf(cam).Elem().FieldByName("buffers")
	if !v.IsValid() {
		return nil
	}
	list := make([][]byte, v.Len())
	for i := range list {
		list[i] = v.Index(i).Bytes()
	}
	return list
}

// unmapLeft unmaps the buffers of a stream that did not start; those of one that did are webcam's to unmap.
func unmapLeft(cam *webcam.Webcam) {
	streaming := reflect.ValueOf(cam).Elem().FieldByName("streaming")
	if !streaming.IsValid() || streaming.Bool() {
		return
	}
	for _, b := range mappedBuffers(cam) {
		if len(b) > 0 {
			_ = unix.Munmap(b) // EINVAL if it is unmapped already
		}
	}
}

// buffer is struct v4l2_buffer of linux/videodev2.h. webcam has one of its own, but hides its flags.
type buffer struct {
	index, kind, used, flags, field uint32
	_                               unix.Timeval // timestamp
	_                               [4]uint32    // timecode
	_                               uint32       // sequence
	memory                          uint32
	_                               uintptr // m: offset
	length                          uint32
	_                               [2]uint32
}

const (
	memoryMmap   = 1      // V4L2_MEMORY_MMAP
	bufFlagError = 1 << 6 // V4L2_BUF_FLAG_ERROR: "the data might be corrupted"
)

// The calls of the kernel that are ours to make: _IOWR('V', number, struct), asm-generic/ioctl.h.
const (
	vidiocGFmt  = 3<<30 | unsafe.Sizeof(pixFormat{})<<16 | 'V'<<8 | 4
	vidiocDQBuf = 3<<30 | unsafe.Sizeof(buffer{})<<16 | 'V'<<8 | 17
)

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
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
	if err := retry(func() error { return ioctl(fd, vidiocGFmt, unsafe.Pointer(&f)) }); err != nil {
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
