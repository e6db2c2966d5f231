#!/usr/bin/env bash
# Makes the media that the simulator's jobs produce, from formulas alone, so that no one owns rights in them:
# `tools/simulator/media/make.sh`, with an ffmpeg that has libx264, libmp3lame and libwebp. The files are
# checked in, because another version of ffmpeg makes other bytes. `../files/knot.mjs` makes the models.
set -euo pipefail
cd "$(dirname "$0")"
EXACT="-map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact"
FILM="nullsrc=size=640x360:rate=24:duration=4"
PICTURE="nullsrc=size=640x640"

make() { ffmpeg -v error -y "$@"; }

# Draws three waves below a sky with a sun or a moon: five colours, each as "r g b".
sea() {
  local far=($1) mid=($2) near=($3) sky=($4) sun=($5) channels=(r g b) all=""
  for i in 0 1 2; do
    all+="${channels[i]}='if(gt(Y/H,0.82+0.05*sin(7*X/W+2*T+2)),${near[i]},"
    all+="if(gt(Y/H,0.68+0.04*sin(9*X/W-1.6*T+1)),${mid[i]},"
    all+="if(gt(Y/H,0.56+0.03*sin(13*X/W+T)),${far[i]},"
    all+="if(lt(hypot(X-W/2,Y-H*(0.34-0.02*T)),H/7),${sun[i]},${sky[i]}+60*Y/H))))':"
  done
  echo "geq=${all%:}"
}
DAWN=$(sea "231 111 81" "157 78 95" "61 52 92" "125 95 135" "255 214 140")
DAY=$(sea "72 169 196" "34 116 165" "19 64 116" "130 180 210" "255 246 200")
NIGHT=$(sea "46 64 110" "30 42 82" "13 20 48" "10 14 46" "230 235 245")
AURORA="geq=r='90+80*sin(X/W*5+1.5*T)*cos(Y/H*4-T)':g='120+90*sin((X/W+Y/H)*4-1.6*T)'"
AURORA+=":b='150+90*cos(hypot(X/W-0.5,Y/H-0.5)*9-3*T)'"

# Plays four seconds of three notes, in Hz.
chord() {
  local tones="sin(2*PI*$1*t)+sin(2*PI*$2*t)+sin(2*PI*$3*t)+0.6*sin(4*PI*$1*t)*sin(2*PI*t)"
  echo "aevalsrc='0.1*($tones)*min(1,min(4*t,4*(4-t)))':d=4:s=44100"
}

# Makes a film, and a picture of each second.
film() {
  make -f lavfi -i "$FILM,$2" -f lavfi -i "$3" -c:v libx264 -preset veryslow -crf 28 -g 24 \
    -pix_fmt yuv420p -c:a aac -b:a 48k -movflags +faststart $EXACT "$1.mp4"
  make -i "$1.mp4" -vf "fps=1:round=down,scale=320:-1" -q:v 6 $EXACT -start_number 0 "$1-%d.jpg"
}
film dawn "$DAWN" "$(chord 220 277.2 329.6)"
film day "$DAY" "$(chord 261.6 329.6 392)"
film night "$NIGHT" "$(chord 174.6 207.7 261.6)"
film aurora "$AURORA" "$(chord 196 246.9 293.7)"

make -f lavfi -i "$PICTURE,$DAWN" -frames:v 1 -pred mixed $EXACT dawn.png
make -f lavfi -i "$PICTURE,$NIGHT" -frames:v 1 -q:v 3 $EXACT night.jpg
make -f lavfi -i "$PICTURE,$AURORA" -frames:v 1 -q:v 80 $EXACT aurora.webp

# Makes a sound without a title: the simulator writes its own into each copy.
sound() { make -f lavfi -i "$2" -c:a libmp3lame -b:a 48k -id3v2_version 0 $EXACT "$1.mp3"; }
sound major "$(chord 261.6 329.6 392)"
sound minor "$(chord 220 261.6 329.6)"
sound seventh "$(chord 196 246.9 349.2)"
