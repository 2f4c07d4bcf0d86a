package dashboard

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"

	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// pictured is a file that the customer sends: the simulator keeps a sample, so
// that it is fetched in two hops as from WhatsApp.
func (d *Dashboard) pictured(ctx context.Context, who handset, kind, caption string) (in simulator.Written, err error) {
	mime, sample, err := sampleFile(kind)
	if err != nil {
		return in, err
	}
	m, err := d.Simulator.PutMedia(ctx, who.phone.ID, mime, bytes.NewReader(sample))
	if err != nil {
		return in, err
	}
	content := map[string]any{"id": m.ID, "mime_type": mime, "sha256": base64.StdEncoding.EncodeToString(m.SHA256)}
	switch kind {
	case "audio":
		content["voice"] = true
	case "document":
		content["filename"] = "comprovante.pdf"
	}
	if caption != "" && kind != "audio" && kind != "sticker" {
		content["caption"] = caption
	}
	return simulator.Written{Type: kind, Content: jsonOf(content)}, nil
}

// sampleFile is a small real file of a kind.
func sampleFile(kind string) (mime string, content []byte, err error) {
	switch kind {
	case "document":
		return "application/pdf", []byte(samplePDF), nil
	case "audio":
		return "audio/ogg", sampleVoice, nil
	case "video":
		return "video/mp4", []byte(sampleVideo), nil
	case "sticker":
		return "image/webp", sampleSticker, nil
	}
	var b bytes.Buffer
	err = png.Encode(&b, sunset{})
	return "image/png", b.Bytes(), err
}

const samplePDF = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// sampleVideo is an MP4 container with nothing to show.
const sampleVideo = "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42\x00\x00\x00\x08free\x00\x00\x00\x08mdat"

// sampleSticker is a WebP picture of one point.
var sampleSticker = []byte("RIFF\x22\x00\x00\x00WEBPVP8 \x16\x00\x00\x000\x01\x00\x9d\x01*\x01\x00\x01\x00\x0e\xc0\xfe%\xa4\x00\x03p\x00\x00\x00\x00")

// sampleVoice is an Ogg page that opens an Opus stream of one channel.
var sampleVoice = append([]byte("OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x13"),
	"OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"...)

// sunset is a picture to send.
type sunset struct{}

func (sunset) ColorModel() color.Model { return color.RGBAModel }

func (sunset) Bounds() image.Rectangle { return image.Rect(0, 0, 160, 120) }

func (sunset) At(x, y int) color.Color {
	dx, dy := x-80, y-64
	switch {
	case y > 84:
		return color.RGBA{20, 60, 80, 255}
	case dx*dx+dy*dy < 24*24:
		return color.RGBA{250, 200, 90, 255}
	}
	return color.RGBA{uint8(240 - y/2), uint8(120 + y/3), uint8(90 + y), 255} //nolint:gosec // below 256 in these bounds
}
