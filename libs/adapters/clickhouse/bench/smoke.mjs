import { rmSync } from 'node:fs';
import { openClickHouse } from '../dist/open-clickhouse.js';
import { ClickHouseEventStore } from '../dist/clickhouse.event-store.js';
import { makeTraffic } from './traffic.mjs';
const D0=Date.now()-86400000*3;const dir='/tmp/chx/smoke'; rmSync(dir,{recursive:true,force:true});
let t=performance.now();
const ch=await openClickHouse({dir}); console.log('open',performance.now()-t);
t=performance.now(); const st=new ClickHouseEventStore(ch,{eventsDays:null,minutesDays:null,hoursDays:null,deadLettersDays:null}); await st.prepare(); console.log('prepare',performance.now()-t);
t=performance.now(); await new ClickHouseEventStore(ch).prepare(); console.log('prepare2',performance.now()-t);
t=performance.now(); await new ClickHouseEventStore(ch).prepare(); console.log('prepare3',performance.now()-t);
const tr=makeTraffic({startAt:Date.now()-86400000*3});
let pos=0; for(const n of [1000,5000,20000]) for(let i=0;i<4;i++){const rows=tr.block(n,pos);pos+=n;t=performance.now();await st.insertEvents({rows,token:`a-${pos}`});const d=performance.now()-t;console.log(n,d.toFixed(0),'ms',(n/d*1000).toFixed(0),'rows/s');}
const range={from:Date.now()-86400000*9,to:Date.now()};
const c=tr.people[0];
const show=async(n,f)=>{const t=performance.now();let r;try{r=await f();}catch(e){console.log(n,'ERR',e.message,e.cause?.message?.slice(0,500));return}console.log(n,(performance.now()-t).toFixed(1),'ms',Array.isArray(r)?r.length:'',JSON.stringify(Array.isArray(r)?r[0]:r)?.slice(0,300));return r;};
for(const kind of ['consumer','credential','ip','endpoint','route','service','gateway']){
 const l=await show('entities '+kind,()=>st.entities({tenant:'default',kind,range,limit:10,offset:0}));
 if(!l?.[0])continue;
 await show('search',()=>st.search({tenant:'default',range,entity:{kind,id:l[0].entity.id},limit:50,order:'newest'}));
 await show('minutes',()=>st.minuteCounts({tenant:'default',kind,entities:[l[0].entity.id],range}));
 await show('entity',()=>st.entity({tenant:'default',kind,id:l[0].entity.id,range}));
}
await show('search all',()=>st.search({tenant:'default',range,gateway:'default',method:'GET',pathPrefix:'/v1',statusFrom:200,statusTo:299,answeredBy:'upstream',service:'service-0',route:'route-service-0',limit:50,order:'oldest'}));
const page=await show('search page',()=>st.search({tenant:'default',range,limit:50,order:'newest'}));
await show('ids',()=>st.search({tenant:'default',range,limit:50,order:'newest',eventIds:page.slice(0,3).map(e=>`${e.gateway}:${e.id}`)}));
await show('after',()=>st.search({tenant:'default',range,limit:50,order:'newest',entity:{kind:'consumer',id:c.id},after:{startedAt:page[9].startedAt,id:page[9].id}}));
await show('replay',async()=>{let n=0,last=0;for await(const ch of st.replay({range,chunk:3000})){n+=ch.length;for(const e of ch){if(e.startedAt<last)throw new Error('order');last=e.startedAt}}return n});
await show('seen',async()=>{let n=0,f;for await(const ch of st.seenSince(0,50000)){f??=ch[0];n+=ch.length}return [n,f]});
const dl=i=>({tenant:'default',gateway:'default',id:(i+'').padStart(32,'0'),receivedAt:D0+i,reason:i%2?'not-json':'too-long',detail:'x',excerpt:'\ud800y',bytes:12,transport:'tcp'});
await show('dl',()=>st.insertDeadLetters([dl(1),dl(2),dl(3)],'dl1'));
await show('dl',()=>st.deadLetters({tenant:'default',range,limit:2}));
await show('dl2',()=>st.deadLetters({tenant:'default',range,limit:2,reason:'not-json',after:{receivedAt:D0+3,id:dl(3).id}}));
await show('dlc',()=>st.deadLetterCounts({tenant:'default',range}));
await show('sources',()=>st.sources({tenant:'default',now:D0+60000}));
await show('ping',()=>st.ping());
t=performance.now();await ch.close();console.log('close',performance.now()-t);
