// Prints what darknet's own parser makes of a cfg, as JSON: built and run by darknet_forms.py.
#include <stdio.h>

#include "darknet.h"
#include "parser.h"

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    network net = parse_network_cfg_custom(argv[1], 1, 1);
    FILE *out = fopen(argv[2], "w");
    if (!out) return 1;
    fprintf(out, "{\"outputs\":[");
    for (int i = 0; i < net.n; ++i) {
        layer l = net.layers[i];
        fprintf(out, "%s[%d,%d,%d]", i ? "," : "", l.out_c, l.out_h, l.out_w);
    }
    fprintf(out, "],\"heads\":[");
    for (int i = 0, heads = 0; i < net.n; ++i) {
        layer l = net.layers[i];
        if (l.type != YOLO) continue;
        fprintf(out, "%s{\"layer\":%d,\"classes\":%d,\"scale_x_y\":%.9g,\"anchors\":[", heads++ ? "," : "", i, l.classes, l.scale_x_y);
        for (int n = 0; n < l.n; ++n) {
            float *side = l.biases + 2 * l.mask[n];
            fprintf(out, "%s[%.9g,%.9g]", n ? "," : "", side[0], side[1]);
        }
        fprintf(out, "]}");
    }
    fprintf(out, "]}");
    return fclose(out);
}
