/** Style of the report: light and dark, narrow and wide, and on paper. */
export const STYLE = `
:root{color-scheme:light dark;--back:#fff;--text:#1b2430;--soft:#5b6673;--line:#d9dfe6;--accent:#0b63c5;--second:#b3470f;--card:#f5f7fa}
@media (prefers-color-scheme:dark){:root{--back:#12171d;--text:#e6ebf1;--soft:#a3afbc;--line:#323c47;--accent:#6cb1ff;--second:#ffa06b;--card:#1b222a}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.55 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem}
h2{font-size:1.25rem;margin:0 0 .6rem}
h3{font-size:1rem;margin:1.2rem 0 .4rem}
section{margin-top:2.4rem}
.note,header p{color:var(--soft);margin:.2rem 0 .8rem;max-width:46rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.8rem;margin:1.2rem 0 0}
.figure{background:var(--card);border-radius:.6rem;padding:.8rem 1rem}
.figure dt{color:var(--soft);font-size:.85rem}
.figure dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.figure .under{font-size:.85rem;color:var(--soft)}
.scroll{overflow-x:auto}.scroll+.scroll{margin-top:1.4rem}
table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600}
.confusion caption{caption-side:bottom;text-align:left;color:var(--soft);padding-top:.4rem}
.confusion td,.confusion th{padding:.35rem .7rem;text-align:right}
.confusion .right{background:color-mix(in srgb,var(--accent) calc(var(--share)*55%),transparent);font-weight:600}
.confusion .wrong{background:color-mix(in srgb,var(--second) calc(var(--share)*55%),transparent)}
svg{display:block;width:100%;height:auto;font:12px system-ui,sans-serif}
.tick{fill:var(--soft)}.title{fill:var(--text)}
.grid{stroke:var(--line)}.axis{stroke:var(--soft)}
.reference{stroke:var(--soft);stroke-dasharray:5 4}
.line{fill:none;stroke-width:2}.series0{stroke:var(--accent)}.series1{stroke:var(--second)}
.bar{fill:var(--accent)}.whisker{stroke:var(--text);stroke-width:1.5}
.point{fill:var(--accent);fill-opacity:.65}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
@media print{body{font-size:11pt}section{break-inside:avoid}}
`.trim();
