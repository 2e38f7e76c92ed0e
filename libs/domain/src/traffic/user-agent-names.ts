import type { ScannerClass, UserAgentKind } from './user-agent.ts';

/** A word to look for (lower case, whole words) and what it means; the first that is found decides. */
export interface KnownAgent {
  readonly word: string;
  readonly family: string;
  readonly kind: UserAgentKind;
  readonly tool: ScannerClass;
}

/** `word` or `word=family`, separated by `|`. */
const known = (kind: UserAgentKind, tool: ScannerClass, words: string): KnownAgent[] =>
  words.split('|').map((entry) => {
    const [word = '', family = word.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')] = entry.split('=');
    return { word, family, kind, tool };
  });

const scanner = (tool: ScannerClass, words: string): KnownAgent[] => known('scanner', tool, words);

/** Tools name themselves in odd places (`Mozilla/5.0 (compatible; Nmap Scripting Engine; …)`), so they are looked for before everything else. */
const SCANNERS: readonly KnownAgent[] = [
  ...scanner(
    'injection',
    'sqlmap|havij|sqlninja|bsqlbf|sqlpowerinjector=sqlpowerinjector|ghauri|nosqlmap|commix|tplmap|sstimap|xsstrike|dalfox|xsser|xspear|kxss|sqlsus|jsql|jsql-injection=jsql|bbqsql|crlfuzz|ssrfmap|fimap|liffy|dotdotpwn',
  ),
  ...scanner(
    'content-discovery',
    'gobuster|dirbuster|dirb|feroxbuster|dirsearch|rustbuster|dirstalk|dirhunt|cansina|gowitness|webscarab|kiterunner|arjun/=arjun|paramspider|bfac|snallygaster|gitdumper|git-dumper|getallurls=gau|waybackurls|katana/=katana|gospider|hakrawler|cariddi|opendoor|urlbuster|filebuster|wascan|fuxploider',
  ),
  ...scanner(
    'fuzzer',
    'fuzz faster u fool=ffuf|ffuf|wfuzz|schemathesis|restler|dredd fuzz=dredd|boofuzz|jbrofuzz|zzuf|peach fuzzer=peach|radamsa|apifuzzer|tnt-fuzzer',
  ),
  ...scanner(
    'vulnerability-scan',
    'nuclei|nikto|acunetix|acunetix-product=acunetix|wvs=acunetix|nessus|openvas|gsad=openvas|greenbone|gvm|qualys|was qualys=qualys|netsparker|invicti|appscan|webinspect|w3af|w3af.org=w3af|w3af.sourceforge.net=w3af|arachni|skipfish|sf/2.=skipfish|wapiti/=wapiti|zap/=zap|owasp zap=zap|owasp_zap=zap|zaproxy=zap|burp|burpcollaborator=burp|burp suite=burp|burpsuite=burp|portswigger=burp|jaeles|xray|awvs=acunetix|rapid7|insightappsec|nexpose|detectify|probely|tenable|tenable.io=tenable|hcl appscan=appscan|golismero|paros/=paros|grendel-scan|n-stealth|nstealth=n-stealth|n-stalker|vooki|intruder.io=intruder|stackhawk|hawkscan=stackhawk|escape.tech=escape|pentest-tools.com=pentest-tools|cgichk|retire.js scanner=retire-js|tsunami|tsunamisecurityscanner=tsunami|osmedeus|sn1per|syhunt|ratproxy|websecurify|immuniweb|beagle security=beagle|wallarm-fast=wallarm|afrog|goby/=goby|pocsuite|vulmap|xpoc|yakit|yaklang|fscan|dnspooq',
  ),
  ...scanner('cms-scan', 'wpscan|joomscan|droopescan|cmsmap|cmseek|wpxploiter|plecost|vbscan|magescan|drupwn|wprecon'),
  ...scanner(
    'port-scan',
    'nmap|nmap scripting engine=nmap|masscan|zgrab|zmap|naabu|rustscan|unicornscan|zenmap=nmap|ivre-masscan=masscan',
  ),
  ...scanner(
    'recon',
    'whatweb|wappalyzer|httpx - open-source project=httpx-projectdiscovery|projectdiscovery/httpx=httpx-projectdiscovery|httprobe|aquatone|eyewitness|subfinder|amass|wafw00f|theharvester|recon-ng|spiderfoot|blindelephant|httprint|sslyze|testssl|testssl.sh=testssl|sslscan|corsy|smuggler|http2smugl|interactsh|tlsx|dnsx|graphw00f|clairvoyance|inql|graphql-cop|projectdiscovery',
  ),
  ...scanner(
    'credential',
    '(hydra)=hydra|medusa/2=medusa|ming mong=medusa|teh forest lobster=medusa|patator|thc-hydra=hydra|ncrack|brutus|openbullet|silverbullet|sentry mba=sentry-mba|snipr|blackbullet|jwt_tool|jwt-tool',
  ),
  ...scanner(
    'exploit',
    'metasploit|msf|metasploit rspec=metasploit|meterpreter|core impact=core-impact|cobalt strike=cobalt-strike|beef-xss=beef|routersploit|exploitdb|log4jscan|log4j-scan|log4shell|hello, world=mozi|r00ts3c|b4ckdoor|morfeus|zmeu|muieblackcat|jorgee|toata dragostea=toata|dfind|mozi|mirai|gafgyt|hajime|keksec|masjesu|cacti-rce|libredtail-http|mozlila=web-shell-hunter',
  ),
  ...scanner('load', 'slowhttptest|slowloris|goldeneye|torshammer|loic|hoic|xerxes|pyloris|mhddos'),
  ...scanner(
    'internet-survey',
    'censysinspect=censys|censys|shodan|expanse|expanseinc.com=expanse|palo alto networks company=expanse|palo alto networks=expanse|cortex xpanse=expanse|cortex-xpanse=expanse|internetmeasurement|internet-measurement.com=internetmeasurement|internet measurement=internetmeasurement|l9explore|l9tcpid|leakix|leakix.net=leakix|binaryedge|zoomeye|fofa|onyphe|netcraft|netcraftsurveyagent=netcraft|netsystemsresearch|security.ipip.net=ipip|shadowserver|project sonar=sonar|project25499|modat|modatscanner=modat|getodin.com=odin|hunter.how=hunter-how|driftnet|bufferover|bitsightbot=bitsight|recyber|criminalip|stretchoid|ipinfoscan|genomecrawler|genomecrawlerd=genomecrawler|nokia deepfield=genomecrawler|keydrop|keydrop.io=keydrop|visionheight|visionheight.com=visionheight|cyberresilience|intrinsec|xtls scanner=xtls|thinkbot scanner=thinkbot|nicecrawler=nicecrawler|research scanner=research-scanner|researchscan|scanner.ducks.party=ducks-party|pdrlabs|pdrlabs.net=pdrlabs|checkhost|cloudmapping|cloud mapping experiment=cloudmapping|scaninfo@paloaltonetworks.com=expanse|internet structure research=research-scanner|httpbanner|odin.io=odin|about.censys.io=censys|cypex.ai=cypex',
  ),
];

const MONITORS: readonly KnownAgent[] = known(
  'monitor',
  '',
  'kube-probe|elb-healthchecker|googlehc|googlestackdrivermonitoring-uptimechecks=google-uptime|google-cloud-monitoring|prometheus|blackbox exporter=blackbox-exporter|blackbox_exporter=blackbox-exporter|uptimerobot|pingdom|pingdom.com_bot_version_1.4=pingdom|pingdom.com_bot_version=pingdom|statuscake|site24x7|datadog|datadogsynthetics=datadog|datadog agent=datadog|newrelicpinger=newrelic|new relic=newrelic|newrelic|dynatrace|ruxitsynthetic=dynatrace|betteruptime|better uptime bot=betteruptime|uptime-kuma|updown.io=updown|freshping|hetrixtools|check_http=nagios|nagios|zabbix|icinga|consul health check=consul|consul-health-check=consul|haproxy|envoy/hc=envoy|envoyhc=envoy|traefik-healthcheck=traefik|amazon-route53-health-check-service=route53|amazon route 53=route53|azure traffic manager endpoint monitor=azure-traffic-manager|edge health probe=azure-front-door|healthcheck|health-check|checkly|gatus|grafana-agent|grafana|k6-synthetics=grafana|telegraf|catchpoint|appdynamics|alertra|montastic|monitis|nodeping|oh dear=oh-dear|cron-job.org=cron-job-org|applebot-healthcheck=apple|sentry/uptime=sentry|sentryuptimebot=sentry',
);

const BOTS: readonly KnownAgent[] = known(
  'bot',
  '',
  'googlebot|googlebot-image=googlebot|adsbot-google|mediapartners-google|apis-google|feedfetcher-google|google-inspectiontool|googleother|google-read-aloud|storebot-google|bingbot|adidxbot|bingpreview|msnbot|slurp=yahoo-slurp|duckduckbot|duckassistbot|baiduspider|yandexbot|yandeximages=yandex|sogou web spider=sogou|sogou|exabot|applebot|qwantify|qwantbot|seznambot|petalbot|naver|yeti|coccocbot-web=coccocbot|ahrefsbot|semrushbot|mj12bot|dotbot|rogerbot|blexbot|dataforseobot|serpstatbot|screaming frog seo spider=screaming-frog|barkrowler|megaindex.ru=megaindex|seokicks|siteauditbot|gptbot|chatgpt-user|oai-searchbot|claudebot|claude-web|claude-user|anthropic-ai|perplexitybot|perplexity-user|ccbot|bytespider|amazonbot|meta-externalagent|meta-externalfetcher|cohere-ai|diffbot|youbot|timpibot|imagesiftbot|omgili|facebookexternalhit|facebot|facebookcatalog|twitterbot|linkedinbot|slackbot|slackbot-linkexpanding=slackbot|slack-imgproxy|telegrambot|discordbot|whatsapp|pinterestbot|redditbot|skypeuripreview|embedly|iframely|archive.org_bot=archive-org|ia_archiver|heritrix|nutch|scrapy|feedly|inoreader|newsblur|w3c_validator=w3c|w3c-checklink=w3c|chrome-lighthouse=lighthouse|pagespeed|gtmetrix|headlesscrawler|crawler4j|colly|github-hookshot|bitbucket-webhooks|paypal ipn=paypal|shopify webhook=shopify|twilioproxy|hubspot|mailchimp|zapier|ifttt|amazon simple notification service agent=aws-sns|amazon cloudfront=cloudfront|cloudflare-alwaysonline|cloudflare-healthchecks',
);

/** Fetch what a list names, in every variant that there may be: most of it is not there. */
const PACKAGE_MANAGERS: readonly KnownAgent[] = known(
  'command-line',
  '',
  'debian apt-http=apt|ubuntu apt-http=apt|apt-http=apt|libdnf=dnf|dnf|yum|urlgrabber=yum|zypp|libzypp=zypp|pacman|apk-tools=apk|pip|uv|poetry|conda|npm|yarn|pnpm|bun-install=npm|apache-maven=maven|gradle|cargo|docker|docker-client=docker|containerd|buildkit|podman|skopeo|nuget|nuget command line=nuget|composer|bundler|rubygems|homebrew',
);
export const PACKAGE_MANAGER_FAMILIES: ReadonlySet<string> = new Set(PACKAGE_MANAGERS.map(({ family }) => family));

const COMMAND_LINE: readonly KnownAgent[] = known(
  'command-line',
  '',
  'curl|wget|wget2=wget|httpie|xh|aria2|lynx|elinks|w3m|links|hurl|postmanruntime=postman|postmanclient=postman|newman|insomnia|bruno-runtime=bruno|bruno|paw|rapidapi|hoppscotch|thunder client=thunder-client|vscode-restclient|intellij http client=intellij|soapui|apache-httpclient/soapui=soapui|readyapi|jmeter|apachebench|ab=apachebench|wrk|hey|vegeta|k6|gatling|locust|autocannon|siege|powershell|windowspowershell=powershell|fetch libfetch=libfetch|aws-cli|gcloud|azurecli|az cli=azurecli|kubectl|helm|terraform|hashicorp terraform=terraform|ansible-httpget=ansible|deck|git|libcurl=libcurl|grpcurl',
);

const LIBRARIES: readonly KnownAgent[] = known(
  'library',
  '',
  'python-requests|python-httpx|httpx=python-httpx|python-urllib|python-urllib3|urllib3=python-urllib3|aiohttp|pycurl|python-tornado|tornado|httplib2|treq|botocore|boto3|openai/python=openai-python|grequests|okhttp|okhttp3=okhttp|retrofit|axios|node-fetch|undici|got|superagent|node-superagent=superagent|needle|request=node-request|ky|phin|bent|deno|bun|node.js=node|nodejs=node|node|java-http-client|java|apache-httpclient|apache-httpasyncclient|apache-cxf|apache cxf=apache-cxf|jakarta commons-httpclient=commons-httpclient|commons-httpclient|reactornetty|reactor-netty=reactornetty|asynchttpclient|ahc=asynchttpclient|jersey|feign|spring-webclient|resttemplate|unirest-java=unirest|vert.x-webclient=vertx|vert.x=vertx|akka-http|pekko-http|http4s|sttp|ktor-client=ktor|ktor http client=ktor|ktor|play-ws|rest-assured|google-http-java-client|google-api-java-client|go-http-client|go-resty|resty=go-resty|fasthttp|gorequest|req/v=go-req|heimdall|grpc-go|grpc-java|grpc-node|grpc-node-js|grpc-python|grpc-dotnet|grpc-c++=grpc-cpp|ruby|faraday|httparty|rest-client|http.rb=http-rb|typhoeus|excon|mechanize|mint=elixir-mint|hackney|httpoison|tesla=elixir-tesla|finch|req=elixir-req|guzzle|guzzlehttp=guzzle|symfony httpclient=symfony|php|php-curl-class|wordpress|buzz|laravel|zend_http_client=zend|laminas_http_client=laminas|.net=dotnet|dotnet|.net httpclient=dotnet|microsoft.net=dotnet|microsoft winhttp=winhttp|winhttp|winhttp.winhttprequest=winhttp|restsharp|flurl|refit|system.net.http=dotnet|azsdk-net|azsdk|aws-sdk-java|aws-sdk-js|aws-sdk-go|aws-sdk-go-v2=aws-sdk-go|aws-sdk-dotnet-coreclr|aws-sdk-rust|boto|dart|dio|reqwest|hyper|ureq|surf|isahc|actix-web|awc|rust|libwww-perl|lwp=libwww-perl|lwp::simple=libwww-perl|www-mechanize|mojolicious|perl|libcurl|libsoup|cpp-httplib|cpprestsdk|boost.beast=beast|poco|qt|r-curl|httr|httr2|julia|matlab|http.jl=http-jl|lua-resty-http|lua-resty-http/=lua-resty-http|luasocket|haskell-http-client|http-client|clj-http|scalaj-http|elm|erlang|ibrowse|swift-nio|async-http-client|postman-sdk|openapi-generator|swagger-codegen|kiota|kong|envoy|sap netweaver=sap|salesforce|sfdc-callout=salesforce|mulesoft|anypoint|boomi|workato|servicenow|nginx|apache-nifi|logstash|fluentd|fluent-bit|vector|filebeat|openapi|stripe-node|twilio-python',
);

const MOBILE: readonly KnownAgent[] = known(
  'mobile-app',
  '',
  'alamofire|dalvik|cfnetwork|darwin=cfnetwork|expo|flutter|react-native|reactnative=react-native|cordova|capacitor|volley|nsurlsession',
);

const AUTOMATED: readonly KnownAgent[] = known(
  'browser',
  'headless',
  'headlesschrome=headless-chrome|phantomjs|slimerjs|htmlunit|zombie.js=zombie|playwright|puppeteer|selenium|cypress|splash|electron-headless',
);

const BROWSERS: readonly KnownAgent[] = known(
  'browser',
  '',
  'edg=edge|edga=edge|edgios=edge|edge|opr=opera|opera|opios=opera|opt=opera-touch|samsungbrowser=samsung|vivaldi|yabrowser=yandex-browser|ucbrowser|brave|duckduckgo|ddg=duckduckgo|whale|miuibrowser|huaweibrowser|silk|qqbrowser|micromessenger=wechat|instagram|fban=facebook-app|fbav=facebook-app|fb_iab=facebook-app|electron|fxios=firefox|focus=firefox-focus|firefox|seamonkey|palemoon|crios=chrome|chromium|chrome|gsa=google-app|trident=internet-explorer|msie=internet-explorer|safari|konqueror|epiphany|netfront',
);

/** Looked for anywhere in the text. */
export const ANYWHERE: readonly KnownAgent[] = [...SCANNERS, ...MONITORS, ...BOTS];
/** The first product of the text, or a word of its remarks where nobody claims to be a browser. */
export const CLIENTS: readonly KnownAgent[] = [...PACKAGE_MANAGERS, ...COMMAND_LINE, ...LIBRARIES, ...MOBILE];
export const BROWSER_PRODUCTS: readonly KnownAgent[] = [...AUTOMATED, ...BROWSERS];
