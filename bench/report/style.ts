import { Markup } from './markup.ts';

/**
 * The look of a report, light and dark. The colours of curves come from the palette of Okabe and Ito, which colour-blind readers
 * can tell apart, darkened or lightened until each has a contrast of 3:1 with its ground (WCAG 2.2, 1.4.11); dashes tell them apart too.
 */
export const STYLE = new Markup(`
:root{color-scheme:light dark;--ground:#fbfbf9;--sheet:#fff;--ink:#1d2025;--soft:#59606b;--rule:#e4e5e1;
--good:#146c3e;--good-ground:#e7f5ec;--bad:#a9211a;--bad-ground:#fdecea;--unsure:#715200;--unsure-ground:#fdf4d8;
--c0:#0067a5;--c1:#bf4a00;--c2:#00795a;--c3:#a3447b;--c4:#8a6a00;--c5:#5a5fc0;--c6:#1a86ab;--c7:#4d4f53;
--on-stage:#16181c;--s0:#8cc4ee;--s1:#b9bdf5;--s2:#8fd6bd;--s3:#f2b98c;--s4:#ecd27a;--s5:#e9aed0;--s6:#9fdbe8;--s7:#e79a92;--s8:#c5c8cc;--s9:#dedfd9}
@media (prefers-color-scheme:dark){:root{--ground:#131519;--sheet:#1a1d22;--ink:#e9eaec;--soft:#a4abb6;--rule:#31353d;
--good:#62d69c;--good-ground:#11301f;--bad:#ff958b;--bad-ground:#3b1b19;--unsure:#f0c75e;--unsure-ground:#322911;
--c0:#5ab1f0;--c1:#ff9650;--c2:#3fcf9f;--c3:#ef93c5;--c4:#e5c252;--c5:#a7a4ff;--c6:#66d2e6;--c7:#c9ccd1;
--on-stage:#f2f3f5;--s0:#1d5a8a;--s1:#484d9c;--s2:#12634c;--s3:#8a4513;--s4:#6b5408;--s5:#7d3562;--s6:#1a6475;--s7:#8c332b;--s8:#4a4e56;--s9:#383b41}}
a{color:var(--c0)}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:72rem;margin:0 auto;padding:clamp(1.25rem,4vw,3.5rem) clamp(1rem,4vw,2rem) 5rem}
h1{font-size:clamp(1.6rem,1.2rem + 2vw,2.4rem);line-height:1.15;letter-spacing:-.02em;margin:.2rem 0 .5rem;font-weight:650}
h2{font-size:1.2rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 .4rem;font-weight:650}
h3{font-size:.95rem;margin:1.5rem 0 .25rem;font-weight:600}
p{margin:.4rem 0;max-width:46rem;text-wrap:pretty}
section{margin-top:3.25rem}
.date,.purpose,.lead,figcaption,dt{color:var(--soft)}
.date{margin:0;font-variant-numeric:tabular-nums;font-size:.9rem}
.purpose{font-size:1.05rem}
.lead{margin-bottom:1rem;font-size:.93rem}
.outcome{margin-top:2rem;padding:1.25rem 1.5rem 1.35rem;border-radius:.6rem;background:var(--sheet);border:1px solid var(--rule);border-left:.4rem solid var(--soft)}
.outcome p{margin:0;max-width:none}
.outcome .sign{font-weight:650;font-size:.95rem}
.outcome .verdict{font-size:1.25rem;line-height:1.4;font-weight:600;margin:.3rem 0 .5rem;text-wrap:balance}
.outcome.good{background:var(--good-ground);border-color:var(--good)}.outcome.bad{background:var(--bad-ground);border-color:var(--bad)}
.outcome.unsure{background:var(--unsure-ground);border-color:var(--unsure)}
.outcome.good,.outcome.bad,.outcome.unsure{border-width:0 0 0 .4rem}
.good .sign,td.good{color:var(--good)}.bad .sign,td.bad{color:var(--bad)}.unsure .sign,td.unsure{color:var(--unsure)}
td.good,td.bad,td.unsure{font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1px;margin:1.5rem 0 0;padding:0;background:var(--rule);border:1px solid var(--rule);border-radius:.6rem;overflow:hidden}
.tiles div{background:var(--sheet);padding:.9rem 1.1rem}
.tiles dt{font-size:.82rem}.tiles dd{margin:.1rem 0 0;font-size:1.35rem;font-weight:600;letter-spacing:-.01em;font-variant-numeric:tabular-nums;white-space:nowrap}
.tiles small{display:block;font-size:.8rem;font-weight:400;letter-spacing:0;color:var(--soft)}
.scroll{overflow-x:auto;border:1px solid var(--rule);border-radius:.6rem;background:var(--sheet)}
.scroll:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums;line-height:1.4}
th,td{padding:.55rem .8rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--soft);font-size:.8rem;vertical-align:bottom;overflow-wrap:normal}
tbody tr:last-child td{border-bottom:0}
.number{text-align:right}td{white-space:nowrap}td.long{white-space:normal;min-width:16rem}
tr.bad td:first-child{box-shadow:inset .25rem 0 var(--bad)}tr.good td:first-child{box-shadow:inset .25rem 0 var(--good)}tr.unsure td:first-child{box-shadow:inset .25rem 0 var(--unsure)}
.total tbody tr:last-child td{font-weight:600}
figure{margin:1rem 0 0;padding:1rem 1.1rem .8rem;border:1px solid var(--rule);border-radius:.6rem;background:var(--sheet)}
figcaption{font-size:.85rem;margin-top:.5rem;max-width:44rem}
figure svg{display:block;width:100%;height:auto}
figure>svg.narrow{display:none}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:0 0 .75rem;padding:0;font-size:.85rem}
.legend li{display:flex;align-items:center;gap:.45rem;max-width:100%}
.legend svg{width:28px;height:10px;flex:none}
svg text{font-size:12px;fill:var(--soft);font-variant-numeric:tabular-nums}
svg .title{font-size:12px}
.grid{stroke:var(--rule);fill:none}.base{stroke:var(--soft);fill:none}
.curve{fill:none;stroke:var(--c,var(--soft));stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
circle{fill:var(--c);stroke:var(--sheet);stroke-width:1.2}
.hover{fill:transparent}.hover:hover{fill:var(--soft);fill-opacity:.12}
.bar{fill:var(--c);fill-opacity:.22}.median{stroke:var(--c);stroke-width:2.5}
svg .bar-label{font-size:13px;fill:var(--ink)}svg .bar-value{font-size:14px;font-weight:600;fill:var(--ink)}
.look-0{--c:var(--c0)}.look-1{--c:var(--c1)}.look-2{--c:var(--c2)}.look-3{--c:var(--c3)}
.look-4{--c:var(--c4)}.look-5{--c:var(--c5)}.look-6{--c:var(--c6)}.look-7{--c:var(--c7)}
.look-1.curve,.look-1 .curve{stroke-dasharray:9 4}.look-3.curve,.look-3 .curve{stroke-dasharray:2 4}.look-4.curve,.look-4 .curve{stroke-dasharray:12 4 2 4}
.look-5.curve,.look-5 .curve{stroke-dasharray:5 3}.look-6.curve,.look-6 .curve{stroke-dasharray:1 4 8 4}
.look-own{--c:var(--c7)}.look-own.curve,.look-own .curve{stroke-dasharray:3 3}
.look-max{--c:var(--soft)}.look-max.curve{stroke-width:1.2}
.look-sent{--c:var(--soft)}.look-sent.curve{stroke-width:7;stroke-opacity:.55}
.look-bad{--c:var(--bad)}.look-bad.curve{stroke-dasharray:4 3}
.stages{display:grid;grid-template-columns:auto auto 1fr;gap:.35rem 1rem;align-items:center;margin:0 0 1.5rem;padding:0;list-style:none;font-size:.93rem}
.stages li{display:contents}.stages b{font-weight:600;text-align:right;font-variant-numeric:tabular-nums}.stages i{display:block;height:.8rem;border-radius:2px;min-width:1px}
.flame{min-width:52rem;padding:.75rem;font-size:.75rem;line-height:1.15rem}
.frame{flex:none;overflow:hidden;cursor:pointer}.frame>div{display:flex}
.frame>span{display:block;height:1.2rem;padding:0 .3rem;overflow:hidden;white-space:nowrap;text-overflow:ellipsis;border:1px solid var(--sheet);border-width:0 1px 1px 0;border-radius:2px;color:var(--on-stage)}
.frame>span:hover{filter:brightness(1.15)}.frame.wide{width:100%!important}.frame.gone{display:none}.chosen>span{font-weight:700}
.stage-0{background:var(--s0)}.stage-1{background:var(--s1)}.stage-2{background:var(--s2)}.stage-3{background:var(--s3)}.stage-4{background:var(--s4)}
.stage-5{background:var(--s5)}.stage-6{background:var(--s6)}.stage-7{background:var(--s7)}.stage-8{background:var(--s8)}.stage-9{background:var(--s9)}
details{margin-top:1rem}summary{cursor:pointer;font-weight:600;font-size:.93rem}
dl.facts{display:grid;grid-template-columns:minmax(5.5rem,auto) 1fr;gap:.4rem 1.5rem;margin:0;font-size:.93rem}
.facts dd{margin:0;font-variant-numeric:tabular-nums}
ul{padding-left:1.2rem}
@media (max-width:40rem){section{margin-top:2.5rem}.outcome{padding:1rem 1.1rem}.outcome .verdict{font-size:1.1rem}
figure{padding:.8rem .6rem .6rem}figure>svg.wide{display:none}figure>svg.narrow{display:block}th,td{padding:.5rem .7rem}}
@media print{.scroll{overflow:visible}section{break-inside:avoid}}
`);
