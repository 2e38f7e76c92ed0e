import { describe, expect, it } from '@jest/globals';
import { MAX_USER_AGENT_CHARS, UserAgentCache, userAgentOf } from './user-agent.ts';

const KHTML = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const WIN = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const PIXEL = 'Mozilla/5.0 (Linux; Android 13; Pixel 7)';

/** `kind family major tool`, `-` for ''. */
const TABLE: readonly (readonly [string, string])[] = [
  // nothing
  ['', 'empty - - -'],
  ['-', 'empty - - -'],
  ['   ', 'empty - - -'],
  // browsers
  [`${WIN} ${KHTML} Chrome/120.0.0.0 Safari/537.36`, 'browser chrome 120 -'],
  [`${WIN} ${KHTML} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91`, 'browser edge 120 -'],
  [`${WIN} ${KHTML} Chrome/119.0.0.0 Safari/537.36 OPR/105.0.0.0`, 'browser opera 105 -'],
  ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0', 'browser firefox 121 -'],
  [`${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15`, 'browser safari 17 -'],
  [`${IPHONE} Version/17.1 Mobile/15E148 Safari/604.1`, 'browser safari 17 -'],
  [`${IPHONE} CriOS/119.0.6045.169 Mobile/15E148 Safari/604.1`, 'browser chrome 119 -'],
  [`${IPHONE} FxiOS/120.0 Mobile/15E148 Safari/605.1.15`, 'browser firefox 120 -'],
  [`${PIXEL} ${KHTML} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36`, 'browser samsung 23 -'],
  [`Mozilla/5.0 (Linux; Android 10; CUBOT X18 Plus) ${KHTML} Chrome/118.0.0.0 Mobile Safari/537.36`, 'browser chrome 118 -'],
  ['Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko', 'browser internet-explorer 11 -'],
  ['Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)', 'browser internet-explorer 9 -'],
  [`${WIN} ${KHTML} Chrome/118.0.5993.159 Electron/27.1.3 Safari/537.36`, 'browser electron 27 -'],
  [`${MAC} ${KHTML} HeadlessChrome/119.0.6045.105 Safari/537.36`, 'browser headless-chrome 119 headless'],
  ['Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1', 'browser phantomjs 2 headless'],
  [`${IPHONE} Mobile/15E148`, 'mobile-app webview - -'],
  ['Mozilla/5.0', 'other mozilla - -'],
  // apps
  ['Dalvik/2.1.0 (Linux; U; Android 13; POCO F5 Build/TKQ1.221114.001)', 'mobile-app dalvik 2 -'],
  ['ShopApp/412 CFNetwork/1410.0.3 Darwin/22.6.0', 'mobile-app cfnetwork 1410 -'],
  ['Shop/3.2 (com.example.shop; build:1; iOS 17.1.0) Alamofire/5.8.1', 'mobile-app alamofire 5 -'],
  ['ShopApp/5.4.1 (iPhone; iOS 17.1; Scale/3.00)', 'mobile-app shopapp 5 -'],
  ['com.example.bank/7.2 (Android 14; Pixel 8)', 'mobile-app com.example.bank 7 -'],
  ['Zapp/2.0 (iPhone; iOS 16.0)', 'mobile-app zapp 2 -'],
  ['Photon/2.0 (iPhone; iOS 16.0)', 'mobile-app photon 2 -'],
  // libraries
  ['python-requests/2.31.0', 'library python-requests 2 -'],
  ['python-httpx/0.25.1', 'library python-httpx 0 -'],
  ['Python/3.11 aiohttp/3.9.1', 'library aiohttp 3 -'],
  ['Python-urllib/3.10', 'library python-urllib 3 -'],
  ['python-urllib3/2.0.7', 'library python-urllib3 2 -'],
  ['Boto3/1.28.62 md/Botocore#1.31.62 ua/2.0 os/linux#5.10', 'library boto3 1 -'],
  ['okhttp/4.12.0', 'library okhttp 4 -'],
  ['axios/1.6.2', 'library axios 1 -'],
  ['node-fetch/1.0 (+https://github.com/bitinn/node-fetch)', 'library node-fetch 1 -'],
  ['node-fetch', 'library node-fetch - -'],
  ['undici', 'library undici - -'],
  ['node', 'library node - -'],
  ['got (https://github.com/sindresorhus/got)', 'library got - -'],
  ['got/9.6.0 (https://github.com/sindresorhus/got)', 'library got 9 -'],
  ['node-superagent/3.8.3', 'library superagent 3 -'],
  ['Deno/1.38.3', 'library deno 1 -'],
  ['Bun/1.0.14', 'library bun 1 -'],
  ['Java/17.0.8', 'library java 17 -'],
  ['Java/1.8.0_292', 'library java 1 -'],
  ['Java-http-client/17.0.8', 'library java-http-client 17 -'],
  ['Apache-HttpClient/4.5.14 (Java/17.0.8)', 'library apache-httpclient 4 -'],
  ['Jakarta Commons-HttpClient/3.1', 'library commons-httpclient 3 -'],
  ['ReactorNetty/1.1.13', 'library reactornetty 1 -'],
  ['Vert.x-WebClient/4.4.6', 'library vertx 4 -'],
  ['Ktor client', 'library ktor - -'],
  ['Go-http-client/1.1', 'library go-http-client 1 -'],
  ['Go-http-client/2.0', 'library go-http-client 2 -'],
  ['go-resty/2.10.0 (https://github.com/go-resty/resty)', 'library go-resty 2 -'],
  ['fasthttp', 'library fasthttp - -'],
  ['grpc-go/1.59.0', 'library grpc-go 1 -'],
  ['Ruby', 'library ruby - -'],
  ['Faraday v2.7.11', 'library faraday 2 -'],
  ['rest-client/2.1.0 (linux x86_64) ruby/3.2.2p53', 'library rest-client 2 -'],
  ['http.rb/5.1.1', 'library http-rb 5 -'],
  ['GuzzleHttp/7', 'library guzzle 7 -'],
  ['GuzzleHttp/6.5.5 curl/7.64.0 PHP/7.4.3', 'library guzzle 6 -'],
  ['Symfony HttpClient/Curl', 'library symfony - -'],
  ['PHP/8.1.2', 'library php 8 -'],
  ['RestSharp/110.2.0.0', 'library restsharp 110 -'],
  ['.NET/8.0', 'library dotnet 8 -'],
  ['Dart/3.2 (dart:io)', 'library dart 3 -'],
  ['reqwest/0.11.22', 'library reqwest 0 -'],
  ['libwww-perl/6.67', 'library libwww-perl 6 -'],
  ['lua-resty-http/0.17.1 (Lua) ngx_lua/10025', 'library lua-resty-http 0 -'],
  ['aws-sdk-java/1.12.590 Linux/5.10 OpenJDK_64-Bit_Server_VM/17', 'library aws-sdk-java 1 -'],
  // command line and desks
  ['curl/8.4.0', 'command-line curl 8 -'],
  ['Wget/1.21.3', 'command-line wget 1 -'],
  ['HTTPie/3.2.2', 'command-line httpie 3 -'],
  ['PostmanRuntime/7.35.0', 'command-line postman 7 -'],
  ['insomnia/8.4.5', 'command-line insomnia 8 -'],
  ['bruno-runtime/1.2.0', 'command-line bruno 1 -'],
  ['Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.3570', 'command-line powershell 5 -'],
  ['k6/0.47.0 (https://k6.io/)', 'command-line k6 0 -'],
  ['ApacheBench/2.3', 'command-line apachebench 2 -'],
  // package managers
  ['Debian APT-HTTP/1.3 (2.6.1)', 'command-line apt 1 -'],
  ['npm/9.2.0 node/v18.20.4 linux x64 workspaces/false', 'command-line npm 9 -'],
  ['pip/23.0.1 {"ci":null,"cpu":"x86_64"}', 'command-line pip 23 -'],
  ['Apache-Maven/3.9.6 (Java 17.0.8; Linux 5.10)', 'command-line maven 3 -'],
  ['docker/24.0.7 go/go1.20.10 os/linux arch/amd64 UpstreamClient(Docker-Client/24.0.7)', 'command-line docker 24 -'],
  // monitors
  ['kube-probe/1.28', 'monitor kube-probe 1 -'],
  ['Prometheus/2.47.2', 'monitor prometheus 2 -'],
  ['Blackbox Exporter/0.24.0', 'monitor blackbox-exporter 0 -'],
  ['ELB-HealthChecker/2.0', 'monitor elb-healthchecker 2 -'],
  ['GoogleHC/1.0', 'monitor googlehc 1 -'],
  ['Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)', 'monitor uptimerobot 2 -'],
  ['Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)', 'monitor pingdom - -'],
  ['check_http/v2.3.3 (nagios-plugins 2.3.3)', 'monitor nagios 2 -'],
  ['Consul Health Check', 'monitor consul - -'],
  // bots
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'bot googlebot 2 -'],
  ['Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)', 'bot bingbot 2 -'],
  ['DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)', 'bot duckduckbot 1 -'],
  ['Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)', 'bot baiduspider 2 -'],
  ['Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)', 'bot yandexbot 3 -'],
  ['Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)', 'bot ahrefsbot 7 -'],
  [`Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.0; +https://openai.com/gptbot)`, 'bot gptbot 1 -'],
  ['facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)', 'bot facebookexternalhit 1 -'],
  ['Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', 'bot slackbot - -'],
  ['Scrapy/2.11.0 (+https://scrapy.org)', 'bot scrapy 2 -'],
  ['Mozilla/5.0 (compatible; ExampleBot/4.2; +https://example.org/bot)', 'bot examplebot 4 -'],
  ['price-crawler/1.0', 'bot price-crawler 1 -'],
  // scanners
  ['Mozlila/5.0 (Linux; Android 7.0; SM-G892A Bulid/NRD90M; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/60.0.3112.107 Moblie Safari/537.36', 'scanner web-shell-hunter 5 exploit'],
  ['libredtail-http', 'scanner libredtail-http - exploit'],
  ["I'm not Mozilla, I'm Ming Mong", 'scanner medusa - credential'],
  ['Mozilla/5.0 (Hydra)', 'scanner hydra - credential'],
  ['cypex.ai/scanning Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/126.0.0.0 Safari/537.36', 'scanner cypex - internet-survey'],
  ['Mozilla/5.0 (pc-x86_64-linux-gnu) Siege/4.0.7', 'command-line siege 4 -'],
  ['sqlmap/1.7.10#stable (https://sqlmap.org)', 'scanner sqlmap 1 injection'],
  ['commix/v3.9-stable (https://commixproject.com)', 'scanner commix 3 injection'],
  ['Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; SV1; .NET CLR 2.0.50727) Havij', 'scanner havij - injection'],
  ['Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:000003)', 'scanner nikto 2 vulnerability-scan'],
  ['Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)', 'scanner nmap - port-scan'],
  ['masscan/1.3 (https://github.com/robertdavidgraham/masscan)', 'scanner masscan 1 port-scan'],
  ['Mozilla/5.0 zgrab/0.x', 'scanner zgrab 0 port-scan'],
  ['Nuclei - Open-source project (github.com/projectdiscovery/nuclei)', 'scanner nuclei - vulnerability-scan'],
  ['httpx - Open-source project (github.com/projectdiscovery/httpx)', 'scanner httpx-projectdiscovery - recon'],
  ['gobuster/3.6', 'scanner gobuster 3 content-discovery'],
  ['DirBuster-1.0-RC1 (http://www.owasp.org/index.php/Category:OWASP_DirBuster_Project)', 'scanner dirbuster 1 content-discovery'],
  ['feroxbuster/2.10.1', 'scanner feroxbuster 2 content-discovery'],
  ['Mozilla/5.0 (compatible; dirsearch/0.4.3)', 'scanner dirsearch 0 content-discovery'],
  ['Fuzz Faster U Fool v2.1.0-dev', 'scanner ffuf 2 fuzzer'],
  ['Wfuzz/3.1.0', 'scanner wfuzz 3 fuzzer'],
  ['schemathesis/3.21.0', 'scanner schemathesis 3 fuzzer'],
  ['WPScan v3.8.25 (https://wpscan.com/wordpress-security-scanner)', 'scanner wpscan 3 cms-scan'],
  ['Mozilla/5.0 (compatible; JoomScan 0.0.7)', 'scanner joomscan 0 cms-scan'],
  ['WhatWeb/0.5.5', 'scanner whatweb 0 recon'],
  [`${WIN} ${KHTML} (Acunetix-Product) Chrome/41.0.2228.0 Safari/537.21`, 'scanner acunetix - vulnerability-scan'],
  ['Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0; Nessus)', 'scanner nessus - vulnerability-scan'],
  ['Mozilla/5.0 [en] (X11, U; OpenVAS-VT 22.4.1)', 'scanner openvas - vulnerability-scan'],
  ['Qualys WAS', 'scanner qualys - vulnerability-scan'],
  ['Mozilla/5.0 (Windows NT 10.0; rv:102.0) Gecko/20100101 Firefox/102.0 Burp', 'scanner burp - vulnerability-scan'],
  ['Mozilla/5.0 (compatible; ZAP/2.14.0)', 'scanner zap 2 vulnerability-scan'],
  ['w3af.org', 'scanner w3af - vulnerability-scan'],
  ['Arachni/v1.5.1', 'scanner arachni 1 vulnerability-scan'],
  ['Mozilla/5.0 SF/2.10b', 'scanner skipfish 10 vulnerability-scan'],
  ['Mozilla/4.0 (Hydra)', 'scanner hydra - credential'],
  ['Teh Forest Lobster', 'scanner medusa - credential'],
  ['Patator/1.0', 'scanner patator 1 credential'],
  ['Jaeles - v0.17', 'scanner jaeles - vulnerability-scan'],
  ['XSStrike/3.1.5', 'scanner xsstrike 3 injection'],
  ['Katana/1.0.5', 'scanner katana 1 content-discovery'],
  ['Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)', 'scanner censys 1 internet-survey'],
  ['Expanse, a Palo Alto Networks company, searches across the global IPv4 space multiple times per day', 'scanner expanse - internet-survey'],
  ['Mozilla/5.0 (compatible; InternetMeasurement/1.0; +https://internet-measurement.com/)', 'scanner internetmeasurement 1 internet-survey'],
  ['Mozilla/5.0 (l9scan/2.0.34313e2433323e2432313e2734333; +https://leakix.net)', 'scanner leakix - internet-survey'],
  ['l9explore/1.2.2', 'scanner l9explore 1 internet-survey'],
  ['Mozilla/5.0 (compatible; acme-pentest 2024)', 'scanner mozilla - vulnerability-scan'],
  // programs of one's own
  ['acme-billing-sync/2.4.1', 'other acme-billing-sync 2 -'],
  ['Hydration-Client/3', 'other hydration-client 3 -'],
  ['medusa-storefront/1.12', 'other medusa-storefront 1 -'],
  ['Barcode Scanner/2.0', 'other barcode-scanner 2 -'],
  ['Canvas LMS/1.0', 'other canvas-lms 1 -'],
]; // prettier-ignore

describe('userAgentOf', () => {
  it.each(TABLE)('%s is %s', (text, expected) => {
    const { kind, family, major, tool } = userAgentOf(text);
    expect([kind, family, major, tool].map((part) => part || '-').join(' ')).toBe(expected);
  });

  it('knows the same whatever the case', () => {
    for (const [text] of TABLE) expect(userAgentOf(text.toUpperCase())).toEqual(userAgentOf(text));
  });

  it('gives a bounded slug for whatever an unknown client calls itself', () => {
    expect(userAgentOf(`${'Ünïcode <script> '.repeat(50)}/1`).family).toMatch(/^[a-z0-9.-]{0,32}$/);
  });

  it.each(['bot', '(', 'a/1 ', 'nmap', '-bo', 'webscan', ' '.repeat(7) + 'x', '1234567890'])(
    'answers a hostile megabyte of %j from its first characters',
    (piece) => {
      const hostile = piece.repeat(1_048_576 / piece.length);
      expect(userAgentOf(hostile)).toEqual(userAgentOf(hostile.slice(0, MAX_USER_AGENT_CHARS)));
    },
  );

  it('keeps no more than its capacity and answers the same from memory', () => {
    const cache = new UserAgentCache(100);
    for (let i = 0; i < 1_000; i++) expect(cache.of(`client-${i}/2`)).toEqual(userAgentOf(`client-${i}/2`));
    expect(cache.size).toBeLessThanOrEqual(100);
    const curl = cache.of('curl/8.4.0');
    expect(cache.of('curl/8.4.0')).toBe(curl);
  });
});
