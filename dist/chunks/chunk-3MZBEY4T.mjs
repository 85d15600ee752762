import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
function i({now:o,sleep:t}){return{now:o,async wait(r,e){e?.throwIfAborted();try{await t(r,void 0,e===void 0?{}:{signal:e})}catch(n){throw e?.throwIfAborted(),n}}}}export{i as a};
