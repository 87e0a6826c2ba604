#include "seal/drawn_seal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <string>

namespace sealdesk::seal::drawn {

namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kHalfSideMm = 8.0;

// A small generator of our own, so that the drawings are the same on every machine.
class Dice {
public:
    explicit Dice(std::uint32_t seed) : state_(seed * 2654435761U + 12345U) {}
    double between(double low, double high) {
        state_ = state_ * 1664525U + 1013904223U;
        return low + (high - low) * static_cast<double>(state_ >> 8U) / 16777216.0;
    }

private:
    std::uint32_t state_;
};

double distance_to(const Stroke& stroke, double x, double y) {
    const double dx = stroke.x2 - stroke.x1;
    const double dy = stroke.y2 - stroke.y1;
    const double length2 = std::max(dx * dx + dy * dy, 1e-9);
    const double t = std::clamp(((x - stroke.x1) * dx + (y - stroke.y1) * dy) / length2, 0.0, 1.0);
    return std::hypot(x - stroke.x1 - t * dx, y - stroke.y1 - t * dy) - stroke.width / 2;
}

// Signed distance to the ink's edge at a place of the die, mm; negative inside.
double edge_distance(const Die& die, double x, double y) {
    double nearest = 1e9;
    for (const Stroke& stroke : die.strokes) {
        nearest = std::min(nearest, distance_to(stroke, x, y));
    }
    if (!die.reversed) {
        return nearest;
    }
    const double outside = std::max(std::abs(x), std::abs(y)) - kHalfSideMm;
    return std::max(outside, -nearest);
}

double coverage(double distance_mm, double px_mm) {
    return std::clamp(0.5 - distance_mm / (1.6 * px_mm), 0.0, 1.0);
}

struct Ink3 {
    double r = 0;
    double g = 0;
    double b = 0;
};

// Densities of what lies on the form before the seal: lines and a signature.
Ink3 form_at(const Print& print, double x, double y, double px_mm) {
    Ink3 ink;
    if (print.black_lines) {
        const double line = std::min({std::abs(y - 3.1), std::abs(y + 4.6), std::abs(x - 2.0)});
        const double black = 1.2 * coverage(line - 0.15, px_mm);
        ink = {black, black, black};
    }
    if (print.blue_signature) {
        const double wave = std::abs(y + 1.0 - 2.0 * std::sin(x * 1.3));
        const double blue = coverage(wave * 0.6 - 0.25, px_mm);
        ink.r += 0.9 * blue;
        ink.g += 0.6 * blue;
        ink.b += 0.15 * blue;
    }
    return ink;
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

Die die_of(std::uint32_t seed) {
    Die die;
    constexpr double frame = 7.6;
    die.strokes = {{-frame, -frame, frame, -frame, 0.7},
                   {frame, -frame, frame, frame, 0.7},
                   {frame, frame, -frame, frame, 0.7},
                   {-frame, frame, -frame, -frame, 0.7}};
    Dice dice(seed);
    for (const double cx : {-3.5, 3.5}) {
        for (const double cy : {-3.5, 3.5}) {
            for (int n = 0; n < 6; ++n) {
                const double x = cx + dice.between(-2.7, 2.7);
                const double y = cy + dice.between(-2.7, 2.7);
                const bool across = dice.between(0, 1) < 0.5;
                const double x2 = cx + (across ? dice.between(-2.7, 2.7) : x - cx + 0.3);
                const double y2 = cy + (across ? y - cy + 0.2 : dice.between(-2.7, 2.7));
                die.strokes.push_back({x, y, x2, y2, dice.between(0.4, 0.7)});
            }
        }
    }
    return die;
}

image::Picture scan_of(const Die& die, const Print& print) {
    const double px_mm = 25.4 / print.dpi;
    const int side = static_cast<int>(print.paper_mm / px_mm);
    image::Picture picture{side, side, {}, print.dpi};
    Dice noise(print.noise);
    const double c = std::cos(print.turn_deg * kPi / 180);
    const double s = std::sin(print.turn_deg * kPi / 180);
    for (int py = 0; py < side; ++py) {
        for (int px = 0; px < side; ++px) {
            const double x = px * px_mm - print.paper_mm / 2;
            const double y = py * px_mm - print.paper_mm / 2;
            const double ux = (x - print.right_mm) / print.scale;
            const double uy = (y - print.down_mm) / print.scale;
            const double dx = c * ux - s * uy;
            const double dy = s * ux + c * uy;
            double ink = coverage(edge_distance(die, dx, dy), px_mm);
            const double pooling =
                1 + 0.16 * std::sin(x * 1.7 + print.noise) * std::sin(y * 1.3 + 2.0);
            ink *= print.even_toner ? 1.0 : pooling;
            ink *= std::clamp((print.inked * 16 - 8 - dy) / 0.5, 0.0, 1.0);
            const Ink3 form = form_at(print, x, y, px_mm);
            const double blue = print.even_toner ? 1.5 : 0.8;
            const std::array<double, 3> density{form.r + 0.08 * ink, form.g + 1.0 * ink,
                                                form.b + blue * ink};
            for (const double d : density) {
                const double level = 243 * std::pow(10.0, -d) + noise.between(-4, 4);
                picture.rgb.push_back(static_cast<std::uint8_t>(std::clamp(level, 0.0, 255.0)));
            }
        }
    }
    return picture;
}

image::Picture blank_scan() {
    Die nothing;
    nothing.strokes = {{1e6, 1e6, 1e6, 1e6, 0.1}};
    return scan_of(nothing);
}

std::filesystem::path small_benchmark(const std::filesystem::path& folder) {
    std::string manifest = "id,kind,grade,genuine,file\n";
    for (std::uint32_t id : {1U, 2U}) {
        const std::string name = std::to_string(id);
        write_file(folder / "specimen" / ("000" + name + ".png"),
                   image::encode_png(scan_of(die_of(id))));
        write_file(folder / "imp" / (name + "_g0.png"),
                   image::encode_png(scan_of(die_of(id), {.turn_deg = 33.0 * id, .noise = 7})));
        write_file(
            folder / "imp" / (name + "_f1.png"),
            image::encode_png(scan_of(die_of(id + 20), {.turn_deg = 50.0 * id, .noise = 7})));
        for (const char* label : {"G0,1,imp/#_g0.png", "F1,0,imp/#_f1.png"}) {
            std::string line = "#,square,";
            line.append(label).append("\n");
            std::replace(line.begin(), line.end(), '#', static_cast<char>('0' + id));
            manifest.append(line);
        }
    }
    write_file(folder / "manifest.csv", manifest);
    return folder / "manifest.csv";
}

}  // namespace sealdesk::seal::drawn
