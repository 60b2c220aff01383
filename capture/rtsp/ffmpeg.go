package rtsp

import (
	"os/exec"
	"runtime"
	"strconv"

	"github.com/inceptiond/inceptiond/capture/internal/child"
	"github.com/inceptiond/inceptiond/internal/proc"
)

const (
	// maxPixels is the largest picture that is decoded: 8K. Cameras with several lenses come to half of it.
	maxPixels = 7680 * 4320

	// maxBlock is the most memory, in bytes, that ffmpeg takes at once: a plane of the largest picture and its borders. What
	// a stream claims to be is believed by ffmpeg before it has looked at maxPixels.
	maxBlock = 64 << 20

	// maxMemory and minMemory bound what ffmpeg may have in all, in bytes; in between it is half of the machine's. H.265 at
	// 3840x2160, with one reference frame as cameras have it, takes 130 MB.
	maxMemory = 768 << 20
	minMemory = 192 << 20
)

// findFFmpeg finds the program in PATH.
func findFFmpeg() (string, error) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		return "", ErrNotInstalled
	}
	return path, nil
}

// startFFmpeg starts it with a bound on its memory. It then waits to be told what to open.
func startFFmpeg(path string, o Options, s *said) (*child.Child, error) {
	c, err := child.Start(path, o.arguments(), true, s)
	if err == nil {
		proc.LimitMemory(c.Pid(), min(max(proc.TotalMemory()/2, minMemory), maxMemory))
	}
	return c, err
}

// arguments is ffmpeg's command line after its name. Everybody on the machine may read it.
func (o Options) arguments() []string {
	args := []string{
		"-nostdin", "-hide_banner", "-nostats",
		"-loglevel", "level+verbose", // a line for each change of size, see said
		"-max_alloc", strconv.Itoa(maxBlock),
		"-max_pixels", strconv.Itoa(maxPixels),
		"-threads", strconv.Itoa(min(runtime.NumCPU(), 2)), // the other cores are the model's
		"-flags", "-output_corrupt", // no grey pictures before the first key frame
		"-noautorotate", // turning frames upright is the business of whoever gets them
	}
	if o.KeyFrames {
		args = append(args, "-skip_frame", "nokey")
	}
	return append(args,
		"-protocol_whitelist", "pipe,rtsp,rtp,udp,tcp", // no stream may name files or other servers
		"-analyzeduration", "0", "-fpsprobesize", "0", // no looking ahead: it costs two seconds
		"-f", "concat", "-safe", "0", "-i", "pipe:0",
		"-map", "0:v:0",
		"-filter_threads", "1",
		// Each picture as it comes, whatever its time stamp says, in the range of luma that it has, from the first key frame
		// on: the decoder for H.265 makes up what it has not seen.
		"-fps_mode", "passthrough", "-enc_time_base", "1:1000",
		"-vf", "select='st(0,gt(ld(0)+key,0))',settb=1/1000,setpts=N,format=pix_fmts=yuv420p|yuvj420p",
		"-f", "yuv4mpegpipe", "pipe:1")
}
